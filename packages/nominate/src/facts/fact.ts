/** What was read, with the name of its source; or that it could not be read, and why. Unknown is never a value. */
export type Fact<Value> =
  | { readonly known: true; readonly value: Value; readonly from: string }
  | { readonly known: false; readonly reason: string; readonly from: string };

/** Where facts come from, once per snapshot. `block` is null for sources that are no chain. */
export interface Source {
  readonly role:
    | 'staking'
    | 'relay'
    | 'identity'
    | 'telemetry'
    | 'programme'
    | 'releases'
    | 'places'
    | 'kusama';
  readonly block: { readonly number: bigint; readonly hash: string } | null;
  /** When the source was read; ages are counted from it. */
  readonly atMs: number;
  /** Of a block that says no time: `atMs` is when it was asked for, and its age is not known. */
  readonly timeless?: true | undefined;
}

/** What a result rests on, ready to be shown. */
export interface Evidence {
  /** Name of the fact, for example `prefs.commissionPerbill`. */
  readonly fact: string;
  /** The value as text, or why it is not known. */
  readonly value: string;
  readonly source: string;
  /** Height of the block that was read; null where the source is no chain. */
  readonly block: bigint | null;
  /** Age at the moment of the snapshot. */
  readonly ageMs: number | null;
}

export function known<Value>(value: Value, from: string): Fact<Value> {
  return { known: true, value, from };
}

export function unknown(reason: string, from: string): Fact<never> {
  return { known: false, reason, from };
}

/** The value, or null where it is not known: for code that treats both alike. */
export function valueOrNull<Value>(fact: Fact<Value>): Value | null {
  return fact.known ? fact.value : null;
}

/** A fact computed from another: what is not known stays so, with the same reason. */
export function mapFact<From, To>(fact: Fact<From>, map: (value: From) => To): Fact<To> {
  return fact.known ? { known: true, value: map(fact.value), from: fact.from } : fact;
}
