import { identitiesOf } from './identities.ts';
import type { Journal } from './journal.ts';
import type { HeaderSeen, VoteSeen } from './records.ts';

/**
 * The first block and the first vote of an identity after a moment, for example the death of the active
 * machine.
 */
export interface FirstSignature {
  readonly block: (HeaderSeen & { readonly afterMs: number }) | null;
  readonly vote: (VoteSeen & { readonly afterMs: number }) | null;
}

/**
 * Messages of a dying machine may still be on their way: arrivals within this time count as its own. So the
 * result may call a faster standby too slow, but never a slow one fast.
 */
const IN_FLIGHT_MS = 200;

/**
 * `identity` is an account or its label. The block is of a slot, and the vote of a round, above all that were
 * seen of the identity by then, so that an old message that is sent again does not count as new.
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
