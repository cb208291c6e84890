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
