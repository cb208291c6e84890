import { Fault, systemFault } from '@watchbill/kit';

/**
 * A reading, or the reason why there is none. `asked` is false if the input for it was not given. An unknown
 * fact never counts as good.
 */
export type Look<Value> = { readonly looked: true; readonly value: Value } | Unread;
export type Unread = { readonly looked: false; readonly why: string; readonly asked: boolean };
/** The value of a reading that a function makes. */
export type ValueOf<Read extends (...places: never) => Promise<unknown>> =
  Awaited<ReturnType<Read>> extends Look<infer Value> ? Value : never;

export const seen = <Value>(value: Value): Look<Value> => ({ looked: true, value });
/** The input was given, and could not be read. */
export const unread = (why: string): Unread => ({ looked: false, why, asked: true });
/** The input was not given. */
export const notAsked = (why: string): Unread => ({ looked: false, why, asked: false });
/** The value of a reading; null without one. */
export const known = <Value>(look: Look<Value>): Value | null => (look.looked ? look.value : null);

/** A reading as a fact: a node or file that does not answer gives a reason. Other errors are defects. */
export async function looking<Value>(read: () => Promise<Value>): Promise<Look<Value>> {
  try {
    return seen(await read());
  } catch (error) {
    const fault = error instanceof Fault ? error : systemFault(error);
    if (fault === null) throw error;
    return unread(fault.message);
  }
}

/** A reader whose answers are facts, as those of {@link looking} are. */
export const looked =
  <Places extends readonly unknown[], Value>(read: (...places: Places) => Promise<Value>) =>
  (...places: Places): Promise<Look<Value>> =>
    looking(() => read(...places));

/** The answers in the order of the items, of which this many are looked at at the same time. */
export async function mapped<Item, Answer>(
  items: readonly Item[],
  atOnce: number,
  look: (item: Item) => Promise<Answer>,
): Promise<readonly Answer[]> {
  const answers: Answer[] = [];
  const left = items.entries();
  const work = async (): Promise<void> => {
    for (const [at, item] of left) answers[at] = await look(item);
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return answers;
}
