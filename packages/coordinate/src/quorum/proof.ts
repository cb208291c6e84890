import type { VerifySignature } from '../keys/port.ts';
import { sameBytes } from './digest.ts';
import { quorumOf } from './group.ts';
import type { Justification, Message, Prepared, SignedRankChange, Statement, Vote } from './messages.ts';
import { domainOf, verifyStatement, type WindowPlace } from './signing.ts';
import { belongsInRank } from './statement.ts';

/** Whether the member at a seat signed this statement in this rank. False for a seat that does not exist. */
export function isSignedBy(
  place: WindowPlace,
  rank: number,
  statement: Statement,
  { seat, signature }: Vote,
  verify: VerifySignature,
): boolean {
  const member = place.group.members[seat];
  const header = { version: place.version.version, window: place.window.index, rank, seat };
  const signed = { header, statement, signature };
  return member !== undefined && verifyStatement(verify, member, domainOf(place), signed);
}

/**
 * Why the votes are not a quorum for a statement in a rank, or null. All signatures must be valid, and the
 * seats must rise.
 */
export function checkVotes(
  place: WindowPlace,
  rank: number,
  statement: Statement,
  votes: readonly Vote[],
  verify: VerifySignature,
): string | null {
  const quorum = quorumOf(place.group.members.length);
  if (votes.length < quorum) return `it has ${votes.length} votes, but a quorum needs ${quorum}`;
  return (
    seatProblem(votes) ??
    firstProblem(votes, (vote) =>
      isSignedBy(place, rank, statement, vote, verify)
        ? null
        : `the signature of seat ${vote.seat} for the ${statement.kind} in rank ${rank} is not valid`,
    )
  );
}

/**
 * Why a leader may not propose the value of a digest in a rank, or null. It needs a quorum of rank-changes,
 * no more, and, if any of them was prepared, the digest of the highest with a quorum of prepares.
 */
export function checkJustification(
  place: WindowPlace,
  rank: number,
  justification: Justification,
  digest: Uint8Array,
  verify: VerifySignature,
): string | null {
  const { rankChanges, prepares } = justification;
  const quorum = quorumOf(place.group.members.length);
  if (rankChanges.length !== quorum)
    return `it has ${rankChanges.length} rank-changes, but needs exactly ${quorum}`;
  const problem =
    seatProblem(rankChanges) ??
    firstProblem(rankChanges, (change) => rankChangeProblem(place, rank, change, verify));
  if (problem !== null) return problem;
  const highest = highestRank(rankChanges);
  if (highest === null)
    return prepares.length === 0 ? null : 'it has prepares, although no member was prepared';
  const isClaimed = rankChanges.some(
    ({ prepared }) => prepared?.rank === highest && sameBytes(prepared.digest, digest),
  );
  if (!isClaimed) return `another value was prepared in rank ${highest}`;
  if (prepares.length !== quorum) return `it has ${prepares.length} prepares, but needs exactly ${quorum}`;
  return checkVotes(place, highest, { kind: 'prepare', digest }, prepares, verify);
}

/** Whether a justification leaves its leader a choice: none of its members was prepared. */
export function leavesChoice(justification: Justification | null): boolean {
  return justification === null || highestRank(justification.rankChanges) === null;
}

/**
 * A justification from valid rank-changes into one rank, each of a different seat. Null if they are not a
 * quorum. Those prepared in the highest rank come first, so that a value that may have been committed is
 * proposed again.
 */
export function justificationOf(place: WindowPlace, messages: readonly Message[]): Justification | null {
  const quorum = quorumOf(place.group.members.length);
  if (messages.length < quorum) return null;
  const chosen = messages
    .flatMap(({ header, statement, signature, attachment }) =>
      statement.kind === 'rank-change'
        ? [{ change: { ...statement, seat: header.seat, signature }, prepares: attachment.votes }]
        : [],
    )
    .toSorted((a, b) => preparedRank(b.change) - preparedRank(a.change) || a.change.seat - b.change.seat)
    .slice(0, quorum);
  const rankChanges = chosen
    .map(({ change: { seat, signature, prepared, heard } }) => ({ seat, signature, prepared, heard }))
    .toSorted((a, b) => a.seat - b.seat);
  const prepares = (chosen[0]?.prepares ?? []).slice(0, quorum);
  return chosen.length < quorum ? null : { rankChanges, prepares };
}

/** The value that a leader with this justification must propose again; null if it may choose. */
export function mustPropose(justification: Justification, messages: readonly Message[]): Message | null {
  const highest = highestRank(justification.rankChanges);
  if (highest === null) return null;
  const seats = new Set(justification.rankChanges.map(({ seat }) => seat));
  const found = messages.filter(
    ({ header, statement }) =>
      seats.has(header.seat) && statement.kind === 'rank-change' && statement.prepared?.rank === highest,
  );
  return found.toSorted((a, b) => a.header.seat - b.header.seat)[0] ?? null;
}

function rankChangeProblem(
  place: WindowPlace,
  rank: number,
  change: SignedRankChange,
  verify: VerifySignature,
): string | null {
  const { seat, prepared, heard } = change;
  const statement = { kind: 'rank-change', prepared, heard } as const;
  if (!belongsInRank(rank, statement))
    return `seat ${seat} claims that it was already prepared in rank ${prepared?.rank}`;
  return isSignedBy(place, rank, statement, change, verify)
    ? null
    : `the signature of seat ${seat} for the rank-change into rank ${rank} is not valid`;
}

function highestRank(rankChanges: readonly { readonly prepared: Prepared | null }[]): number | null {
  const highest = Math.max(...rankChanges.map(preparedRank));
  return highest < 0 ? null : highest;
}

function preparedRank({ prepared }: { readonly prepared: Prepared | null }): number {
  return prepared?.rank ?? -1;
}

function seatProblem(votes: readonly Vote[]): string | null {
  return firstProblem(votes, ({ seat }, i) =>
    seat > (votes[i - 1]?.seat ?? -1) ? null : 'its seats are not in rising order',
  );
}

function firstProblem<Item>(
  items: readonly Item[],
  problem: (item: Item, i: number) => string | null,
): string | null {
  for (const [i, item] of items.entries()) {
    const found = problem(item, i);
    if (found !== null) return found;
  }
  return null;
}
