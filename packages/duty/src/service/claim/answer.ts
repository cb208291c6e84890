import { RecordError } from '../../rule/index.ts';
import { StoreFault } from '../../store/index.ts';
import type { HeldWatch } from '../ground/records.ts';
import { denied, doubted, notServing, unknown, type Verdict } from '../ground/verdict.ts';
import { LedgerFault } from '../ledger/port.ts';
import {
  type Basis,
  type ClaimUnderWay,
  type Grounds,
  isOver,
  pause,
  RETRY_MS,
  type TurnEnd,
  tooLate,
} from './asked.ts';
import type { ClaimEffects } from './claim-effects.ts';
import { commit, commitFound } from './commit.ts';
import { enterPreference, partPreference } from './preference.ts';
import { type Contradiction, contradiction, mayChange, type Ruling, rule } from './rules.ts';

/** A hold ends this much before the deadline, so that its own verdict is the answer. */
const HOLD_MARGIN_MS = 10;
/** While no node is active, a held `enter` looks this often whether its turn to take the watch has come. */
const LAPSE_LOOK_MS = 50;

/**
 * Answers one claim: claim protocol section 4. Each turn is alone at the mark; between turns the claim leaves
 * the mark to others. Never rejects, if `effects` log a defect without one.
 */
export async function answerClaim(claim: ClaimUnderWay, effects: ClaimEffects): Promise<Verdict> {
  for (;;) {
    const judged = () => judgeFirst(claim, effects).catch((error) => onFault(claim, effects, error));
    const end = (await effects.turn(claim, judged)) ?? tooLate();
    if ('outcome' in end) return end;
    if (end.kind === 'again') continue;
    claim.late = end.kind === 'hold' ? end.late : null;
    await effects.wait(claim, end);
    if (end.kind === 'hold' && isOver(claim, effects.moment(), HOLD_MARGIN_MS)) return end.late;
    claim.late = null;
  }
}

/** The answer when the time is over. Work under way goes on to its end, so that its entry becomes durable. */
export function answerAtDeadline({ asked, late }: ClaimUnderWay): Verdict {
  const budgetMs = asked.deadlineMs - asked.arrivedMs;
  return late ?? unknown('deadline', `no certain answer within ${budgetMs} ms`);
}

/** By the records as last seen, unless only the store can tell. */
async function judgeFirst(claim: ClaimUnderWay, effects: ClaimEffects): Promise<TurnEnd> {
  const { session } = effects;
  const at = effects.moment();
  if (isOver(claim, at)) return tooLate();
  if (session.state() !== 'serving') return notServing(session, claim.asked.claim);
  if (session.recordText() === null) return pause(at);
  // A transaction without a certain answer may have applied.
  if (claim.attempts.size > 0) return judge(claim, effects, await effects.read(claim));
  const report = effects.heldBecause(claim);
  if (report !== null) return doubted(claim.asked.claim, report);
  // A claim that has written nothing cannot have an undelivered grant.
  claim.generation = session.generation();
  return judge(claim, effects, effects.recall(claim) ?? (await effects.read(claim)));
}

/** Memories, the rule, preference, and the transaction: each may end the turn. */
async function judge(claim: ClaimUnderWay, effects: ClaimEffects, basis: Basis): Promise<TurnEnd> {
  const afresh = async () => judge(claim, effects, await effects.read(claim));
  const behind = (found: Contradiction) => (basis.fresh ? storeBehind(claim, effects, found) : afresh());
  const conclude = (verdict: Verdict) =>
    !basis.fresh && mayChange(claim.asked.claim, verdict) ? afresh() : verdict;

  // Memories first: a store that is behind must not decide anything, and an outdated mark proves nothing.
  const against = contradiction(claim, basis);
  if (against !== null) return behind(against);

  if (basis.policy === null)
    return conclude(denied('not-listed', 'this chain and key have no policy', basis.held?.mark));
  let ruling = rule(claim, basis, effects.moment().nowMs);
  const found = commitFound(claim, effects, basis, ruling);
  if (found !== null) return found;

  let watch: HeldWatch | null = null;
  const entered = groundsOfEnter(claim, ruling);
  if (entered !== null) {
    const asked = await askWatch(claim, effects, entered, ruling.kind === 'refuse' ? ruling.verdict : null);
    if ('end' in asked) return asked.end;
    if ('denial' in asked) return conclude(asked.denial);
    watch = asked.watch;
    // Its term may be a later one than the claim named.
    ruling = rule(claim, basis, effects.moment().nowMs);
  }
  if (ruling.kind === 'own-grant') return behind({ whose: 'own', why: ruling.why });
  if (ruling.kind === 'refuse') return conclude(ruling.verdict);

  const { grounds, intention } = ruling;
  if (watch === null) {
    const { policy, held, standing } = grounds;
    const preferred = partPreference(claim.asked, policy.policy, held.mark, standing, effects.moment());
    if (preferred.kind === 'deny') return conclude(preferred.verdict);
    if (preferred.kind === 'wait') return hold(claim, preferred.untilMs, null);
  }
  return commit(claim, effects, grounds, watch, intention);
}

/** Of an `enter` that the rule allows, or would allow under a later term; else null. */
function groundsOfEnter({ asked }: ClaimUnderWay, ruling: Ruling): Grounds | null {
  if (ruling.kind === 'refuse') return ruling.grounds;
  return ruling.kind === 'grant' && asked.claim.parts.includes('enter') ? ruling.grounds : null;
}

type Watched =
  /** The node is active. The transaction of the `enter` compares this record, of a linearizable read. */
  { readonly watch: HeldWatch } | { readonly denial: Verdict } | { readonly end: TurnEnd };

/** @param refusal why the rule refuses the unit, unless the node is active under a later term */
async function askWatch(
  claim: ClaimUnderWay,
  effects: ClaimEffects,
  { policy: { policy }, held, standing }: Grounds,
  refusal: Verdict | null,
): Promise<Watched> {
  const seen = enterPreference(claim, policy, held.mark, standing);
  // A held claim was off watch on a linearizable read. Until the mirror differs, no read would help.
  let take = claim.heldInTerm && seen.kind === 'take' ? seen : null;
  for (;;) {
    if (take !== null) {
      claim.heldInTerm = true;
      const isTaken = await effects.takeWatch(claim, policy);
      const at = effects.moment();
      // Without a holder, the turn of a standby comes by time alone.
      const lookMs = standing.holderLive ? Number.POSITIVE_INFINITY : LAPSE_LOOK_MS;
      if (!isTaken) return { end: hold(claim, at.monotonicMs + lookMs, refusal ?? take.late) };
      if (isOver(claim, at)) return { end: tooLate() };
    }
    const now = await effects.readWatch(claim, policy);
    const { record } = now.standing;
    // A watch that came to this node while its claim was held goes on under the later term.
    if (claim.heldInTerm && record.holder === claim.asked.claim.owner.node)
      claim.wanted = { ...claim.wanted, term: BigInt(record.term) };
    const preferred = enterPreference(claim, policy, held.mark, now.standing);
    if (preferred.kind === 'go') return { watch: now.watch };
    if (preferred.kind === 'deny') return { denial: refusal ?? preferred.verdict };
    take = preferred;
  }
}

/** Only ever after a linearizable read. */
async function storeBehind(
  claim: ClaimUnderWay,
  effects: ClaimEffects,
  found: Contradiction,
): Promise<TurnEnd> {
  const { chain, key, duty, owner } = claim.asked.claim;
  const where = `${chain} ${key} ${duty.name}: ${found.why}`;
  if (found.whose === 'forged') {
    // This ledger did not write the word: only this claim is refused.
    effects.wordRefused(claim, where);
    return denied('word-refused', where);
  }
  if (found.whose === 'own') {
    effects.session.behind(where);
    return doubted(claim.asked.claim, effects.heldBecause(claim) ?? where);
  }
  if (found.kind === 'gap') return unknown('session-checking', where);
  const { node, incarnation } = owner;
  const word = { node, incarnation, chain, key, duty: duty.name, point: found.point, why: where };
  const report = await effects.report(claim, word);
  return doubted(claim.asked.claim, report ?? where);
}

/** Waits until this moment, or until the mark or the watch changes. */
function hold({ asked }: ClaimUnderWay, untilMs: number, late: Verdict | null): TurnEnd {
  const answer = late ?? unknown('deadline', 'the deadline passed while the claim was held');
  return { kind: 'hold', untilMs: Math.min(untilMs, asked.deadlineMs - HOLD_MARGIN_MS), late: answer };
}

/** Faults of the store and the disk become `unknown`; the deadline decides whether to try again. */
function onFault(claim: ClaimUnderWay, effects: ClaimEffects, error: unknown): TurnEnd {
  if (error instanceof LedgerFault) return unknown('ledger-unavailable', error.message);
  if (error instanceof RecordError) return unknown('store-unavailable', error.message);
  if (!(error instanceof StoreFault)) {
    effects.defect(claim, error);
    return unknown('internal', 'see the log of the service');
  }
  const at = effects.moment();
  const isTried = error.code === 'unavailable' && at.monotonicMs + RETRY_MS < claim.asked.deadlineMs;
  return isTried ? pause(at) : unknown('store-unavailable', error.message);
}
