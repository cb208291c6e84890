import { Fault, systemFault } from '@watchbill/kit';
import { type Look, seen, unread } from './look.ts';

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

/** A reading as a fact: a node or file that does not answer gives a reason. Other errors are defects. */
export async function looking<Value>(read: () => Promise<Value>): Promise<Look<Value>> {
  try {
    return seen(await read());
  } catch (error) {
    const known = error instanceof Fault ? error : systemFault(error);
    if (known === null) throw error;
    return unread(known.message);
  }
}

/** A reader whose answers are facts, as those of {@link looking} are. */
export const looked =
  <Places extends readonly unknown[], Value>(read: (...places: Places) => Promise<Value>) =>
  (...places: Places): Promise<Look<Value>> =>
    looking(() => read(...places));
