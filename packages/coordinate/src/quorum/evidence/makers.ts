import type { VerifySignature } from '../../keys/port.ts';
import { sameBytes } from '../digest.ts';
import { faultyOf } from '../group.ts';
import type { Message, Statement, Vote } from '../messages.ts';
import { leaderIn } from '../plan.ts';
import type { WindowPlace } from '../signing.ts';
import { statementDigest } from '../statement.ts';
import { fitsMessage } from './codec.ts';
import type { AnySigned, Evidence, Judges, Signed } from './evidence.ts';
import { verdictOf } from './verify.ts';

// Each maker returns null if its input is no evidence, so its evidence holds for every verifier. Makers take
// messages that `openMessage` opened, or refused and gave back.

const NO_JUDGES: Judges = new Map();

/** From two messages of one member. */
export function equivocationOf(
  place: WindowPlace,
  verify: VerifySignature,
  a: Message,
  b: Message,
): Evidence | null {
  const inOrder = [a, b]
    .map(({ statement, signature }) => ({ statement, signature, digest: statementDigest(statement) }))
    .toSorted((one, other) => Buffer.compare(one.digest, other.digest))
    .map(({ statement, signature }): AnySigned => ({ statement, signature }));
  const [first, second] = inOrder;
  if (first === undefined || second === undefined) return null;
  const { rank, seat } = a.header;
  return held(place, verify, { ...origin(place, seat), kind: 'equivocation', rank, first, second });
}

/** From a proposal of a member that does not lead its rank. */
export function impersonationOf(
  place: WindowPlace,
  verify: VerifySignature,
  message: Message,
): Evidence | null {
  const propose = signedAs(message, 'propose');
  if (propose === null) return null;
  const { rank, seat } = message.header;
  return held(place, verify, { ...origin(place, seat), kind: 'impersonation', rank, propose });
}

/** From a proposal that is not due, is not justified, or breaks the terms of the schedule. */
export function mistakeOf(place: WindowPlace, verify: VerifySignature, message: Message): Evidence | null {
  const propose = signedAs(message, 'propose');
  if (propose === null) return null;
  const { rank, seat } = message.header;
  const { justification, value } = message.attachment;
  const mistake = { ...origin(place, seat), kind: 'mistake', rank, propose, justification } as const;
  return (
    held(place, verify, { ...mistake, value: null }) ??
    (value === null ? null : held(place, verify, { ...mistake, value }))
  );
}

/** From a commit and a later rank-change of the same member. */
export function forgottenLockOf(
  place: WindowPlace,
  verify: VerifySignature,
  commit: Message,
  rankChange: Message,
): Evidence | null {
  const signedCommit = signedAs(commit, 'commit');
  const signedChange = signedAs(rankChange, 'rank-change');
  const { rank, seat } = commit.header;
  if (signedCommit === null || signedChange === null || rankChange.header.seat !== seat) return null;
  return held(place, verify, {
    ...origin(place, seat),
    kind: 'forgotten-lock',
    rank,
    commit: signedCommit,
    laterRank: rankChange.header.rank,
    rankChange: signedChange,
  });
}

/**
 * From a proposal that the judge of its action refuses, by the content alone, or by facts that f + 1 refusals
 * share.
 */
export function invalidContentOf(
  place: WindowPlace,
  verify: VerifySignature,
  proposal: Message,
  refusals: readonly Message[],
  judges: Judges,
): Evidence | null {
  const propose = signedAs(proposal, 'propose');
  const { justification, value } = proposal.attachment;
  if (propose === null || value === null) return null;
  const { rank, seat } = proposal.header;
  const invalid = {
    ...origin(place, seat),
    kind: 'invalid-content',
    rank,
    propose,
    justification,
    value,
  } as const;
  const alone = held(place, verify, { ...invalid, refusal: null }, judges);
  if (alone !== null) return alone;
  const others = refusals.filter((message) => message.header.seat !== seat && message.header.rank === rank);
  const shared = firstGroup(others, witnessesNeeded(place));
  const [refusal] = shared;
  if (refusal?.statement.kind !== 'refusal') return null;
  const { code } = refusal.statement;
  const { bytes } = refusal.attachment;
  const votes = shared.map(({ header, signature }): Vote => ({ seat: header.seat, signature }));
  return held(place, verify, { ...invalid, refusal: { code, facts: bytes, votes } }, judges);
}

/**
 * From rank-changes into the rank after `rank`, of members that heard no proposal, and the hellos of the same
 * members, because rank-changes do not name the leader. Counts the members that share a hello with the most
 * others.
 */
export function idlenessOf(
  place: WindowPlace,
  verify: VerifySignature,
  rank: number,
  rankChanges: readonly Message[],
  hellos: readonly Message[],
): Evidence | null {
  const silent = rankChanges.filter(
    ({ header, statement }) =>
      header.rank === rank + 1 && statement.kind === 'rank-change' && !statement.heard,
  );
  const witnesses = new Map(silent.map((message) => [message.header.seat, message]));
  const greeted = firstGroup(
    hellos.filter(({ header }) => witnesses.has(header.seat)),
    witnessesNeeded(place),
  );
  const hello = greeted[0]?.statement;
  if (hello?.kind !== 'hello') return null;
  const unheard = greeted.flatMap(({ header: { seat }, signature: helloSignature }) => {
    const change = witnesses.get(seat);
    if (change?.statement.kind !== 'rank-change') return [];
    return [{ seat, signature: change.signature, prepared: change.statement.prepared, helloSignature }];
  });
  const seat = leaderIn(place, hello.seedInput, rank);
  return held(place, verify, { ...origin(place, seat), kind: 'idleness', rank, hello, unheard });
}

function held(
  place: WindowPlace,
  verify: VerifySignature,
  evidence: Evidence,
  judges: Judges = NO_JUDGES,
): Evidence | null {
  const { holds } = verdictOf({ place, verify, judges }, evidence);
  return holds && fitsMessage(evidence) ? evidence : null;
}

function origin({ groupId, scheduleDigest, version, window }: WindowPlace, seat: number) {
  return { groupId, scheduleDigest, version: version.version, window: window.index, seat };
}

function signedAs<Kind extends Statement['kind']>(
  { statement, signature }: Message,
  kind: Kind,
): Signed<Kind> | null {
  const isOf = (any: Statement): any is Signed<Kind>['statement'] => any.kind === kind;
  return isOf(statement) ? { statement, signature } : null;
}

function witnessesNeeded({ group }: WindowPlace): number {
  return faultyOf(group.members.length) + 1;
}

/**
 * This many messages of different seats with the same statement, in order of seat; none if there are fewer.
 */
function firstGroup(messages: readonly Message[], needed: number): readonly Message[] {
  const bySeat = messages.toSorted((a, b) => a.header.seat - b.header.seat);
  for (const { statement } of bySeat) {
    const digest = statementDigest(statement);
    const same = bySeat.filter((other) => sameBytes(statementDigest(other.statement), digest));
    const distinct = same.filter(({ header }, i) => header.seat !== same[i - 1]?.header.seat);
    if (distinct.length >= needed) return distinct.slice(0, needed);
  }
  return [];
}
