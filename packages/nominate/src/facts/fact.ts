/** A value with the name of its source, or the reason why it is unknown. Unknown is never a value. */
export type Fact<Value> =
  | { readonly known: true; readonly value: Value; readonly from: string }
  | { readonly known: false; readonly reason: string; readonly from: string };

/** The sources of facts, once per snapshot. `block` is null for sources that are not chains. */
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
  /** The block has no time: `atMs` is the time of the request, and the age is unknown. */
  readonly timeless?: true | undefined;
}

/** The basis of a result, for display. */
export interface Evidence {
  /** Name of the fact, for example `prefs.commissionPerbill`. */
  readonly fact: string;
  /** The value as text, or the reason why it is unknown. */
  readonly value: string;
  readonly source: string;
  /** Height of the block; null if the source is not a chain. */
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

/** The value, or null if unknown: for code that treats both alike. */
export function valueOrNull<Value>(fact: Fact<Value>): Value | null {
  return fact.known ? fact.value : null;
}

/** A fact computed from another fact. An unknown fact stays unknown, with the same reason. */
export function mapFact<From, To>(fact: Fact<From>, map: (value: From) => To): Fact<To> {
  return fact.known ? { known: true, value: map(fact.value), from: fact.from } : fact;
}
