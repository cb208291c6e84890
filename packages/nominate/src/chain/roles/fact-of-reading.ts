import { type Plain, type Reading, ShapeFault } from '@watchbill/chain/reading';
import { type Fact, known, unknown } from '../../facts/fact.ts';

/** The three roles of chains; facts name them as their source. */
export type Role = 'staking' | 'relay' | 'identity';

/** The meaning of an empty storage item. */
export type WhenEmpty<Value> = { readonly value: Value } | { readonly unknown: string };

/** A reading as a fact. A missing or unexpected value is unknown, with the reason. */
export function factOfReading<Value>(
  reading: Reading | undefined,
  role: Role,
  what: string,
  { take, empty }: { readonly take: (value: Plain) => Value; readonly empty: WhenEmpty<Value> },
): Fact<Value> {
  if (reading === undefined) return unknown(`${what} was not asked for`, role);
  if (reading.result === 'unknown') return unknown(reading.why, role);
  if (reading.result === 'empty')
    return 'value' in empty ? known(empty.value, role) : unknown(empty.unknown, role);
  return factOfShape(role, what, () => take(reading.value));
}

/** The result of `take`; unknown if the value has an unexpected shape. */
export function factOfShape<Value>(role: Role, what: string, take: () => Value): Fact<Value> {
  try {
    return known(take(), role);
  } catch (error) {
    if (error instanceof ShapeFault) return unknown(`${what} has another shape: ${error.message}`, role);
    throw error;
  }
}

const LONGEST_REASON = 500;

/**
 * The message of an endpoint as a reason in a snapshot, cleaned and shortened, because a node may send any
 * text.
 */
export function reasonText(text: string): string {
  return text.slice(0, LONGEST_REASON).toWellFormed();
}
