import { identitiesOf } from './identities.ts';
import type { Journal } from './journal.ts';
import type { HeaderSeen, VoteSeen } from './records.ts';

/** The first block and the first vote of an identity after a moment, such as the death of the machine on watch. */
export interface FirstSignature {
  readonly block: (HeaderSeen & { readonly afterMs: number }) | null;
  readonly vote: (VoteSeen & { readonly afterMs: number }) | null;
}

/**
 * What a dying machine had sent may still be on its way: whatever arrives this soon is taken for that. A standby that is
 * faster than this is told too slow, never too fast.
 */
const IN_FLIGHT_MS = 200;

/**
 * `identity` is an account or its label. The block is of a slot, and the vote of a round, above all that were seen of
 * the identity by then, so that nothing old that is sent again is taken for new.
 */
export function firstSignature(
  journal: Journal,
  identity: string,
  momentMs: number,
  names: Readonly<Record<string, string>>,
): FirstSignature {
  const found = identitiesOf(journal, names).find(
    ({ account, name }) => identity === account || identity === name,
  );
  if (found === undefined) throw new Error(`the observer knows no identity ${identity}`);
  const keys = new Set(found.keys.map(({ key }) => key));
  const after = { keys, momentMs };
  return {
    block: first(
      [...journal.headers.values()].filter(({ late }) => !late),
      after,
      (a, b) => a.slot - b.slot,
    ),
    vote: first([...journal.votes.values()], after, (a, b) => a.set - b.set || a.round - b.round),
  };
}

interface Signature {
  readonly atMs: number;
  readonly authority: string;
}

function first<T extends Signature>(
  all: readonly T[],
  { keys, momentMs }: { readonly keys: ReadonlySet<string>; readonly momentMs: number },
  compareUnits: (a: T, b: T) => number,
): (T & { readonly afterMs: number }) | null {
  const own = all.filter(({ authority }) => keys.has(authority));
  const before = own
    .filter(({ atMs }) => atMs <= momentMs + IN_FLIGHT_MS)
    .toSorted(compareUnits)
    .at(-1);
  const found = own
    .filter((each) => before === undefined || compareUnits(each, before) > 0)
    .toSorted((a, b) => a.atMs - b.atMs)[0];
  return found === undefined ? null : { ...found, afterMs: found.atMs - momentMs };
}
