/** A member's fault in a window, as an observer saw it. Kinds belong to the profile. */
export interface Fault {
  readonly culprit: string;
  readonly kind: string;
  /** A proof that others can check, if the profile makes one. */
  readonly evidence?: Uint8Array;
}

/** A fault and how often it was seen. */
export interface CountedFault extends Fault {
  readonly count: number;
}

/** The faults of one window: each culprit and kind once, in the order in which they were first seen. */
export type FaultBook = readonly CountedFault[];

export const NO_FAULTS: FaultBook = [];

/** The faults with one more observation, and whether that fault is new. */
export function noteFault(
  book: FaultBook,
  fault: Fault,
): { readonly book: FaultBook; readonly isNew: boolean } {
  const at = book.findIndex(({ culprit, kind }) => culprit === fault.culprit && kind === fault.kind);
  const known = book[at];
  if (known === undefined) {
    return { book: [...book, { ...fault, count: 1 }], isNew: true };
  }
  return { book: book.with(at, { ...known, count: known.count + 1 }), isNew: false };
}
