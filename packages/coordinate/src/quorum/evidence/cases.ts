import { messageOf } from '@watchbill/kit';
import type { VerifySignature } from '../../keys/port.ts';
import { factsDigest } from '../attachments.ts';
import { sameBytes } from '../digest.ts';
import { faultyOf } from '../group.ts';
import type { Justification, Statement, Value } from '../messages.ts';
import { dueItem, leaderIn } from '../plan.ts';
import { checkJustification, isSignedBy, leavesChoice } from '../proof.ts';
import { justificationDigest } from '../proof-codec.ts';
import { NOOP } from '../self.ts';
import type { WindowPlace } from '../signing.ts';
import { belongsInRank, hasOnePlace, statementDigest } from '../statement.ts';
import { valueDigest } from '../value.ts';
import type { Evidence, EvidenceKind, Judges, SharedRefusal, Signed } from './evidence.ts';

/** The inputs of a check of evidence. */
export interface Bench {
  readonly place: WindowPlace;
  readonly verify: VerifySignature;
  readonly judges: Judges;
}

type Of<Kind extends EvidenceKind> = Extract<Evidence, { readonly kind: Kind }>;

/** Why evidence does not hold, or null. Seat and rank exist. */
export function caseProblem(bench: Bench, evidence: Evidence): string | null {
  switch (evidence.kind) {
    case 'equivocation':
      return equivocationProblem(bench, evidence);
    case 'impersonation':
      return impersonationProblem(bench, evidence);
    case 'mistake':
      return mistakeProblem(bench, evidence);
    case 'forgotten-lock':
      return forgottenLockProblem(bench, evidence);
    case 'invalid-content':
      return invalidContentProblem(bench, evidence);
    case 'idleness':
      return idlenessProblem(bench, evidence);
  }
}

function equivocationProblem(bench: Bench, evidence: Of<'equivocation'>): string | null {
  const { rank, first, second } = evidence;
  const { kind } = first.statement;
  if (kind !== second.statement.kind) return 'the two statements are of different kinds';
  if (!hasOnePlace(kind)) return `a member may sign many statements of the kind ${kind}`;
  const order = Buffer.compare(statementDigest(first.statement), statementDigest(second.statement));
  if (order === 0) return 'both statements are the same';
  if (order > 0) return 'the statements are not in order of their digests';
  return signedProblem(bench, evidence, rank, first) ?? signedProblem(bench, evidence, rank, second);
}

function impersonationProblem(bench: Bench, evidence: Of<'impersonation'>): string | null {
  const { seat, rank, propose } = evidence;
  if (leaderIn(bench.place, propose.statement.seedInput, rank) === seat) {
    return 'by the seed input that it signed, the member leads that rank';
  }
  return signedProblem(bench, evidence, rank, propose);
}

function mistakeProblem(bench: Bench, evidence: Of<'mistake'>): string | null {
  const { rank, propose, justification, value } = evidence;
  const { statement } = propose;
  const problem =
    signedProblem(bench, evidence, rank, propose) ?? bindingProblem(statement, justification, value);
  if (problem !== null) return problem;
  const { place, verify } = bench;
  const isUnjustified =
    justification !== null &&
    checkJustification(place, rank, justification, statement.digest, verify) !== null;
  if (isUnjustified) return value === null ? null : 'a value that is not needed';
  // A value that a quorum prepared must be proposed again.
  if (!leavesChoice(justification)) return 'the prepared value forced the proposal';
  const item = dueItem(place, statement.seedInput, statement.action);
  if (item === null && statement.action !== NOOP) return value === null ? null : 'a value that is not needed';
  if (value === null) return 'the action was due, and the proposal justified';
  const isAgreed =
    value.resource === place.group.resource &&
    value.validityBlocks === (item?.validityBlocks ?? 0n) &&
    (statement.action !== NOOP || value.content.length === 0);
  return isAgreed ? 'the value has the resource and the validity of the schedule' : null;
}

function forgottenLockProblem(bench: Bench, evidence: Of<'forgotten-lock'>): string | null {
  const { rank, commit, laterRank, rankChange } = evidence;
  const { prepared } = rankChange.statement;
  if (laterRank <= rank || laterRank >= bench.place.group.windows.rankCount) {
    return `rank ${laterRank} is not a later rank of the window`;
  }
  if (prepared !== null && prepared.rank >= rank) return 'the rank-change names the lock, or a later one';
  return (
    signedProblem(bench, evidence, rank, commit) ?? signedProblem(bench, evidence, laterRank, rankChange)
  );
}

function invalidContentProblem(bench: Bench, evidence: Of<'invalid-content'>): string | null {
  const { rank, propose, justification, value, refusal } = evidence;
  const problem =
    signedProblem(bench, evidence, rank, propose) ??
    bindingProblem(propose.statement, justification, value) ??
    (leavesChoice(justification) ? null : 'the prepared value forced the proposal') ??
    (refusal === null ? null : refusalProblem(bench, evidence, refusal));
  return problem ?? judgedProblem(bench, value, refusal);
}

/**
 * Why these facts do not count, or null. They need f + 1 signatures, without that of the culprit, so that one
 * signer is honest.
 */
function refusalProblem(
  bench: Bench,
  evidence: Of<'invalid-content'>,
  refusal: SharedRefusal,
): string | null {
  const { place, verify } = bench;
  const { code, facts, votes } = refusal;
  const { digest } = evidence.propose.statement;
  const statement = { kind: 'refusal', digest, code, facts: factsDigest(facts) } as const;
  return (
    witnessProblem(place, evidence.seat, votes) ??
    (votes.every((vote) => isSignedBy(place, evidence.rank, statement, vote, verify))
      ? null
      : 'the signature of a refusal is not valid')
  );
}

function judgedProblem({ place, judges }: Bench, value: Value, refusal: SharedRefusal | null): string | null {
  const { group, window, version } = place;
  const judge = judges.get(value.action);
  const item = version.agenda.find(({ action }) => action === value.action);
  if (judge === undefined || item === undefined)
    return `this release cannot judge the action ${value.action}`;
  const { parameters } = item;
  const facts = refusal?.facts ?? null;
  let code: string | null;
  try {
    code = judge({ group, window, value, parameters, facts });
  } catch (error) {
    return `the judge of ${value.action} failed: ${messageOf(error)}`;
  }
  if (code === null) return 'the judge of the action accepts the content';
  return refusal === null || refusal.code === code
    ? null
    : `the judge refuses the content for another reason: ${code}`;
}

function idlenessProblem(bench: Bench, evidence: Of<'idleness'>): string | null {
  const { place, verify } = bench;
  const { seat, rank, hello, unheard } = evidence;
  if (rank + 1 >= place.group.windows.rankCount)
    return 'it names the last rank, which no member changes from';
  if (leaderIn(place, hello.seedInput, rank) !== seat) return 'the member does not lead that rank';
  const problem = witnessProblem(place, seat, unheard);
  if (problem !== null) return problem;
  const areSigned = unheard.every(({ prepared, helloSignature, ...vote }) => {
    const change = { kind: 'rank-change', prepared, heard: false } as const;
    const greeting = { seat: vote.seat, signature: helloSignature };
    return (
      belongsInRank(rank + 1, change) &&
      isSignedBy(place, rank + 1, change, vote, verify) &&
      isSignedBy(place, 0, hello, greeting, verify)
    );
  });
  return areSigned ? null : 'a statement of a witness is not valid';
}

/** Why the witnesses are not f + 1 different members without the culprit, or null. */
function witnessProblem(
  { group }: WindowPlace,
  culprit: number,
  witnesses: readonly { readonly seat: number }[],
): string | null {
  const seats = new Set(witnesses.map(({ seat }) => seat));
  const needed = faultyOf(group.members.length) + 1;
  if (seats.has(culprit)) return 'the culprit is among the witnesses';
  return seats.size < needed ? `it has ${seats.size} witnesses, but needs ${needed}` : null;
}

/** Why the content is not the one that the proposal signed, or null. */
function bindingProblem(
  statement: Signed<'propose'>['statement'],
  justification: Justification | null,
  value: Value | null,
): string | null {
  const digest = justification === null ? null : justificationDigest(justification);
  const isSigned =
    digest === null || statement.justification === null
      ? digest === statement.justification
      : sameBytes(digest, statement.justification);
  if (!isSigned) return 'the justification differs from the signed one';
  return value === null || sameBytes(valueDigest(value), statement.digest)
    ? null
    : 'the value differs from the signed one';
}

function signedProblem(
  { place, verify }: Bench,
  { seat }: Evidence,
  rank: number,
  { statement, signature }: { readonly statement: Statement; readonly signature: Uint8Array },
): string | null {
  return isSignedBy(place, rank, statement, { seat, signature }, verify)
    ? null
    : `the signature of seat ${seat} for the ${statement.kind} is not valid`;
}
