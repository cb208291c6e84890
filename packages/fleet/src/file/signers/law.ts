import { isGatedUse, type KeyUse, keysOf, servicesOfUse } from '../graph/key-set.ts';
import { isBornUse, isUnknownUse } from '../graph/unknown-use.ts';

/** Public session keys of a holder. */
export interface SeenKeys {
  /** As `0x` and hex digits, of any type and scheme. */
  readonly keys: readonly string[];
  /** Whether these are all of them. */
  readonly isComplete: boolean;
  /** Secrets in which they were seen: their names may name the use. */
  readonly secrets?: readonly string[] | undefined;
}

/** A process that signs, or will sign when it starts. */
export interface KeyHolder {
  /** For a person: `iron/unit/stash-iron-0.service`. */
  readonly id: string;
  readonly use: KeyUse;
  /** Null if no look found any. */
  readonly seen: SeenKeys | null;
}

/**
 * Whether two holders may both sign with one key. `by`: they have a public key, or the name of a set of keys.
 */
export type Verdict =
  | { readonly answer: 'no' }
  | { readonly answer: 'yes'; readonly by: 'key' | 'name'; readonly because: string }
  | { readonly answer: 'unknown'; readonly because: string };

const NO: Verdict = { answer: 'no' };

/**
 * The rule of one signer: whether two holders that run at the same time may sign with one key, without asking
 * the same permission services before. No other code decides this. `unknown` is to be treated as `yes` unless
 * a person claims that the keys differ. Decision 0019 has the table.
 */
export function maySignTwice(one: KeyHolder, other: KeyHolder): Verdict {
  if (bothAsk(one.use, other.use)) return NO;
  const shared = sharedKey(one.seen, other.seen);
  if (shared !== null) return { answer: 'yes', by: 'key', because: `both have the public key ${shared}` };
  const isKnown = one.seen?.isComplete === true && other.seen?.isComplete === true;
  if (haveOneName(one.use, other.use))
    return isKnown && isByChance(one, other)
      ? NO
      : { answer: 'yes', by: 'name', because: `both have the keys ${keysOf(one.use)}` };
  if (isKnown || isBornUse(one.use) || isBornUse(other.use)) return NO;
  return { answer: 'unknown', because: unknownOf(one, other) };
}

/**
 * Whether both ask the same services before they sign. Two services may have two ledgers, which grant a slot
 * twice.
 */
function bothAsk(one: KeyUse, other: KeyUse): boolean {
  return isGatedUse(one) && isGatedUse(other) && servicesOfUse(one) === servicesOfUse(other);
}

function sharedKey(one: SeenKeys | null, other: SeenKeys | null): string | null {
  const keys = new Set(one?.keys);
  return other?.keys.find((key) => keys.has(key)) ?? null;
}

function haveOneName(one: KeyUse, other: KeyUse): boolean {
  return keysOf(one) === keysOf(other) && !isUnknownUse(one);
}

/**
 * Names of Secrets are unique only within a namespace. A name that a person gave to a set of keys counts
 * everywhere.
 */
function isByChance(one: KeyHolder, other: KeyHolder): boolean {
  return [one, other].every(({ use, seen }) =>
    (seen?.secrets ?? []).some((name) => keysOf(use) === `set.${name}`),
  );
}

function unknownOf(one: KeyHolder, other: KeyHolder): string {
  const unseen = [one, other].filter(({ seen }) => seen?.isComplete !== true).map(({ id }) => id);
  return `the public keys of ${unseen.join(' and of ')} are not known`;
}
