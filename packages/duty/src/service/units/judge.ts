import {
  type Duty,
  type Policy,
  parseUnit,
  REASONS,
  type ReasonCode,
  slotOfRelayParent,
  slotStartMs,
} from '../../rule/index.ts';
import type { ClaimFact, UnitFacts, UnitOutcome, UnitStep, UnitView } from '../shapes/units.ts';
import { UNIT_OUTCOMES } from './outcomes.ts';

/** The inputs of a judgement in addition to the facts. */
export interface JudgeContext {
  readonly policy: Pick<Policy, 'key' | 'ceilings'>;
  readonly duty: Duty;
  readonly nowMs: number;
  /** Every listed service answered, so a unit without a claim was claimed nowhere. */
  readonly complete: boolean;
}

/** A unit is judged this long after it was due at the earliest: its block and its report must arrive. */
export const GRACE_MS = 30_000;

/** Denials of nodes that have no part in the unit, because another one has it. */
const BYSTANDERS: ReadonlySet<ReasonCode> = new Set(['unit-taken', 'off-watch']);

interface Judgement {
  readonly outcome: UnitOutcome;
  readonly claim?: ClaimFact | undefined;
  readonly reason?: ReasonCode;
  readonly say: string;
  readonly remedy?: string;
}

/** The outcome of a unit with one sentence and a next step: decision 0034. Pure. */
export function judgeUnit(facts: UnitFacts, context: JudgeContext): UnitView {
  const at = startOf(facts, context);
  const values = facts.unit.split('/');
  const { outcome, claim, reason, say, remedy } = judgementOf(facts, context, at);
  return {
    key: context.policy.key,
    duty: facts.duty,
    unit: Object.fromEntries(context.duty.fields.map(({ name }, index) => [name, values[index] ?? ''])),
    at,
    outcome,
    missed: UNIT_OUTCOMES[outcome].missed,
    ...(reason === undefined ? {} : { reason }),
    ...(claim === undefined ? {} : { node: claim.node, steps: claim.steps }),
    ...(claim?.digest == null ? {} : { digest: claim.digest }),
    ...(facts.seen === null ? {} : { seenDigest: facts.seen }),
    say,
    ...(remedy === undefined ? {} : { remedy }),
  };
}

/** The start of a slot by the policy; else the first that a service heard of the unit. */
function startOf({ unit, atMs }: UnitFacts, { duty, policy }: JudgeContext): number {
  const parsed = parseUnit(duty.fields, unit);
  const [slot] = parsed.ok ? parsed.unit : [];
  return duty.ceiling === 'clock' && slot !== undefined ? slotStartMs(policy.ceilings, slot) : atMs;
}

function judgementOf(facts: UnitFacts, context: JudgeContext, at: number): Judgement {
  const claims = facts.claims.toSorted((a, b) => endOf(a) - endOf(b));
  const last = context.duty.parts.at(-1);
  const granted = claims.find(
    ({ outcome, parts }) => outcome === 'granted' && last !== undefined && parts.includes(last),
  );
  if (facts.seen !== null) return signed(claims, facts.seen);
  if (context.nowMs < at + GRACE_MS) return unknown('it is too early to tell', granted);
  if (claims.length === 0) return notClaimed(facts, context);
  const late = lateClaim(claims, context, at);
  if (late !== null) return late;
  return granted === undefined ? notGranted(claims, context) : grantedUnseen(facts, context, granted);
}

function endOf({ atMs, tookMs }: ClaimFact): number {
  return atMs + tookMs;
}

function signed(claims: readonly ClaimFact[], seen: string): Judgement {
  const grants = claims.filter(({ outcome }) => outcome === 'granted');
  const claim = grants.find(({ digest }) => digest === seen) ?? grants.find(({ digest }) => digest === null);
  if (claim === undefined) {
    const say = 'An observer saw a signature of the key, and no service that answered has a grant for it.';
    return { outcome: 'signed', say, remedy: 'Look for the log event `unknown-signature`.' };
  }
  return {
    outcome: 'signed',
    claim,
    say: `Node ${claim.node} signed it, and an observer saw the signature.`,
  };
}

function unknown(why: string, claim?: ClaimFact): Judgement {
  const say = `It is not known whether the unit was missed: ${why}.`;
  return { outcome: 'unknown', claim, say };
}

function notClaimed(facts: UnitFacts, { complete }: JudgeContext): Judgement {
  if (!facts.due) return unknown('no observer knows that it was due, and no node asked');
  if (!complete) return unknown('a service did not answer, and a node may have asked that one');
  const { summary, remedy } = UNIT_OUTCOMES['not-asked'];
  return { outcome: 'not-asked', say: summary, remedy };
}

/** A claim is late if it came after two thirds of the slot, or was denied because its unit is over. */
function lateClaim(
  claims: readonly ClaimFact[],
  { duty, policy }: JudgeContext,
  at: number,
): Judgement | null {
  const first = claims.reduce((a, b) => (b.atMs < a.atMs ? b : a));
  const afterMs = first.atMs - at;
  // The slot of a relay parent may be over before its block is built.
  const hasDeadline = duty.ceiling === 'clock' && !slotOfRelayParent(duty);
  const late = hasDeadline && afterMs > (policy.ceilings.slotMs * 2) / 3;
  if (!late && first.reason !== 'unit-past') return null;
  const when =
    duty.ceiling === 'clock' ? `${Math.round(afterMs)} ms after the slot began` : 'after the unit was over';
  const say = `Node ${first.node} asked ${when}, which is too late.`;
  const reason = first.outcome === 'granted' ? {} : { reason: first.reason };
  return { outcome: 'late', claim: first, ...reason, say, remedy: UNIT_OUTCOMES.late.remedy };
}

/** A service of a later release may send a reason that this one does not know. */
function textsOf(reason: ReasonCode): { readonly summary: string; readonly remedy: string } {
  const known = Object.hasOwn(REASONS, reason) ? REASONS[reason] : undefined;
  return known ?? { summary: `The reason is \`${reason}\`.`, remedy: UNIT_OUTCOMES.denied.remedy };
}

function notGranted(claims: readonly ClaimFact[], { complete, duty }: JudgeContext): Judgement {
  const refused = claims.filter(({ outcome, reason }) => outcome !== 'granted' && !BYSTANDERS.has(reason));
  const [claim] = refused;
  if (claim !== undefined) {
    const { summary, remedy } = textsOf(claim.reason);
    const { outcome, reason, node } = claim;
    if (outcome === 'denied')
      return {
        outcome: 'denied',
        claim,
        reason,
        say: `Node ${node} asked and was denied: ${summary}`,
        remedy,
      };
    const say = `Node ${node} asked and got no answer in time: ${summary} ${slowest(claim.steps)}`.trimEnd();
    return { outcome: 'slow', claim, reason, say, remedy };
  }
  const entered = claims.find(({ outcome }) => outcome === 'granted');
  if (entered !== undefined)
    return unknown(
      `node ${entered.node} asked for no ${duty.parts.at(-1)}; the unit may have ended first`,
      entered,
    );
  const [bystander] = claims;
  if (!complete) return unknown('only nodes that have no part in it asked, and a service did not answer');
  if (bystander?.reason === 'off-watch') {
    const { remedy } = UNIT_OUTCOMES['not-asked'];
    const say = `Only standby nodes asked, for example ${bystander.node}; the active node did not.`;
    return { outcome: 'not-asked', claim: bystander, reason: 'off-watch', say, remedy };
  }
  const { summary, remedy } = REASONS['unit-taken'];
  const say = `Node ${bystander?.node} asked and was denied: ${summary}`;
  return { outcome: 'denied', claim: bystander, reason: 'unit-taken', say, remedy };
}

function grantedUnseen(facts: UnitFacts, { duty, policy }: JudgeContext, claim: ClaimFact): Judgement {
  if (duty.ceiling !== 'clock')
    return unknown(`node ${claim.node} was granted it, and no observer saw this vote`, claim);
  const waitedMs = claim.steps.find(({ name }) => name === 'wait')?.ms ?? 0;
  if (claim.tookMs - waitedMs > policy.ceilings.slotMs / 3) {
    const say = `Node ${claim.node} was granted it after ${Math.round(claim.tookMs)} ms. ${slowest(claim.steps)}`;
    return { outcome: 'slow', claim, say: say.trimEnd(), remedy: UNIT_OUTCOMES.slow.remedy };
  }
  if (facts.passed === null) return unknown('no observer followed the chain at that time', claim);
  if (facts.passed.author !== null && facts.passed.author !== policy.key) {
    const { summary, remedy } = UNIT_OUTCOMES['other-author'];
    return { outcome: 'other-author', claim, say: summary, remedy };
  }
  const { remedy } = UNIT_OUTCOMES.unseen;
  const say = `Node ${claim.node} was granted it after ${Math.round(claim.tookMs)} ms, and no block for it reached the observer.`;
  return { outcome: 'unseen', claim, say, remedy };
}

/** One sentence about the step that took longest, if one took time. */
function slowest(steps: readonly UnitStep[]): string {
  const [most] = steps.toSorted((a, b) => b.ms - a.ms);
  return most === undefined || most.ms < 1
    ? ''
    : `The longest step is ${most.name}, ${Math.round(most.ms)} ms.`;
}
