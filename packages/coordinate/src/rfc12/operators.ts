/** The most seats of a group, because a seat is sent as one byte. */
export const MAX_SEATS = 255;

/**
 * A group as RFC 12 knows it: a wallet, and the operator behind each seat. Seats count from 1.
 * An operator may hold several seats, and is named by the text of its address exactly as its chain writes it
 * (on Ethereum `0x` and mixed-case hex): the order of these texts decides who leads.
 */
export interface Rfc12Group {
  /** 20 bytes; see `walletKeyHash`. */
  readonly keyHash: Uint8Array;
  readonly operators: readonly string[];
}

const PRINTABLE = /^[!-~]{1,128}$/;

/** The problem with a group, or null. */
export function groupProblem(group: Rfc12Group): string | null {
  if (group.keyHash.length !== 20) return `a key hash must have 20 bytes; got ${group.keyHash.length}`;
  const { length } = group.operators;
  if (length < 1 || length > MAX_SEATS) return `a group must have 1 to ${MAX_SEATS} seats; got ${length}`;
  const odd = group.operators.findIndex((operator) => !PRINTABLE.test(operator));
  return odd < 0 ? null : `the operator of seat ${odd + 1} must be 1 to 128 printable ASCII characters`;
}

/**
 * Each operator once, ascending by code units: for ASCII the order of bytes. Never by a locale, never by
 * value.
 */
export function uniqueOperators(operators: readonly string[]): readonly string[] {
  return [...new Set(operators)].sort();
}

/** The seats of an operator, ascending. */
export function seatsOf(group: Rfc12Group, operator: string): readonly number[] {
  return group.operators.flatMap((holder, i) => (holder === operator ? [i + 1] : []));
}

/** The operator of a seat, or undefined if there is no such seat. */
export function operatorAt(group: Rfc12Group, seat: number): string | undefined {
  return group.operators[seat - 1];
}
