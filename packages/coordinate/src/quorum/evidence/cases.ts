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
  if (kind !== second.statement.kind) return 'the statements are of two kinds';
  if (!hasOnePlace(kind)) return `a member may sign many statements of the kind ${kind}`;
  const order = Buffer.compare(statementDigest(first.statement), statementDigest(second.statement));
  if (order === 0) return 'it is the same statement twice';
  if (order > 0) return 'the statements are not in order of their digests';
  return signedProblem(bench, evidence, rank, first) ?? signedProblem(bench, evidence, rank, second);
}

function impersonationProblem(bench: Bench, evidence: Of<'impersonation'>): string | null {
  const { seat, rank, propose } = evidence;
  if (leaderIn(bench.place, propose.statement.seedInput, rank) === seat) {
    return 'the member leads that rank, by the seed input that it signed';
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
  return isAgreed ? 'the value is as the schedule says' : null;
}

function forgottenLockProblem(bench: Bench, evidence: Of<'forgotten-lock'>): string | null {
  const { rank, commit, laterRank, rankChange } = evidence;
  const { prepared } = rankChange.statement;
  if (laterRank <= rank || laterRank >= bench.place.group.windows.rankCount) {
    return `rank ${laterRank} is not a later one`;
  }
  if (prepared !== null && prepared.rank >= rank)
    return 'the lock was not forgotten, or gave way to a later one';
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

/** Whether f + 1 members, so an honest one among them, signed these facts; the culprit does not count. */
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
      : 'a refusal does not hold')
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
    return `the judge of ${value.action} failed: ${error instanceof Error ? error.message : String(error)}`;
  }
  if (code === null) return 'the judge of the action does not refuse the content';
  return refusal === null || refusal.code === code
    ? null
    : `the judge refuses it for another reason: ${code}`;
}

function idlenessProblem(bench: Bench, evidence: Of<'idleness'>): string | null {
  const { place, verify } = bench;
  const { seat, rank, hello, unheard } = evidence;
  if (rank + 1 >= place.group.windows.rankCount) return 'no member changes from the last rank';
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
  return areSigned ? null : 'a statement of a witness does not hold';
}

/** Whether they are f + 1 or more different members, the culprit not among them. */
function witnessProblem(
  { group }: WindowPlace,
  culprit: number,
  witnesses: readonly { readonly seat: number }[],
): string | null {
  const seats = new Set(witnesses.map(({ seat }) => seat));
  const needed = faultyOf(group.members.length) + 1;
  if (seats.has(culprit)) return 'the culprit is among the witnesses';
  return seats.size < needed ? `${seats.size} witnesses where ${needed} are needed` : null;
}

/** Whether the shown content is the one that the proposal signed. */
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
  if (!isSigned) return 'the justification is not the one that was signed';
  return value === null || sameBytes(valueDigest(value), statement.digest)
    ? null
    : 'the value is not the one that was signed';
}

function signedProblem(
  { place, verify }: Bench,
  { seat }: Evidence,
  rank: number,
  { statement, signature }: { readonly statement: Statement; readonly signature: Uint8Array },
): string | null {
  return isSignedBy(place, rank, statement, { seat, signature }, verify)
    ? null
    : `the signature of seat ${seat} under the ${statement.kind} does not hold`;
}
