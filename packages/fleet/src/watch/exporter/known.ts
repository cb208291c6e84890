import { messageOf } from '@watchbill/kit';

/** A fact, or the reason why it is unknown. Unknown never counts as yes, no or 0. */
export type Known<Value> =
  | { readonly known: true; readonly value: Value }
  | { readonly known: false; readonly why: string };

export function known<Value>(value: Value): Known<Value> {
  return { known: true, value };
}

export function unknown(why: string): { readonly known: false; readonly why: string } {
  return { known: false, why };
}

/** The value, or the text of the fault. */
export async function ask<Value>(read: () => Promise<Value>): Promise<Known<Value>> {
  try {
    return known(await read());
  } catch (error) {
    return unknown(messageOf(error));
  }
}

/** A fact that follows from another; throwing makes it unknown. */
export function follows<From, To>(from: Known<From>, read: (value: From) => Known<To>): Known<To> {
  return from.known ? read(from.value) : from;
}
