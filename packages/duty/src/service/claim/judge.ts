import { type Claim, decide, findRecent, type Mark } from '../../rule/index.ts';
import { boundsOf } from '../ground/base.ts';
import { denied, isEnteredPart, unknown, type Verdict } from '../ground/verdict.ts';
import type { HeldWatch } from '../ground/watch-record.ts';
import type { ClaimEvent, Now } from './claim-events.ts';
import { storeBehind } from './contradiction.ts';
import { type Intention, transact } from './grant.ts';
import { enterPreference, partPreference } from './preference.ts';
import { ownGrant } from './recollection.ts';
import { type Basis, type ClaimState, claimUnderTerm, type Phase } from './state.ts';
import { enter, finish, finishLate, hold, isOver, read, type Turn } from './turn.ts';

/** The rule for one claim, without preference. */
type Ruling =
  | { readonly kind: 'grant'; readonly intention: Intention }
  /** `mayEnter`: the unit goes to this node if it is on watch under a later term. */
  | { readonly kind: 'refuse'; readonly verdict: Verdict; readonly mayEnter: boolean }
  /** The store would grant what this service granted before: protocol section 4, rule 2b. */
  | { readonly kind: 'own-grant'; readonly why: string };

/** Denials that an outdated policy or mark can cause, so they are sent only after a linearizable read. */
const REREAD = new Set([
  'not-listed',
  'duty-off',
  'wrong-ledger',
  'not-adopted',
  'key-frozen',
  'digest-required',
  'unit-taken',
  'below-window',
]);
/**
 * Denials that no later state takes back. A vote gets no other one before a linearizable read: it stops a
 * node.
 */
const LASTING = new Set(['below-floor', 'digest-differs', 'invalid-claim']);

/** While no node is on watch, a held `enter` looks this often whether its turn to take the watch has come. */
const LAPSE_LOOK_MS = 50;

/** Rule, then preference, then the transaction. */
export function judge(turn: Turn, now: Now, basis: Basis): void {
  const ruling = rule(turn.state, now, basis);
  const enters = turn.state.asked.claim.parts.includes('enter');
  if (ruling.kind === 'own-grant') againstOwn(turn, now, basis, ruling.why);
  else if (ruling.kind === 'refuse' && ruling.mayEnter) askWatch(turn, basis, ruling.verdict);
  else if (ruling.kind === 'refuse') conclude(turn, basis, ruling.verdict);
  else if (enters) askWatch(turn, basis, null);
  else preferPart(turn, now, basis, ruling.intention);
}

function preferPart(turn: Turn, now: Now, basis: Basis, intention: Intention): void {
  const { policy, held, standing, remembered } = basis;
  if (policy === null || held === null || standing === null) throw withoutMark();
  const preferred = partPreference(turn.state, policy.policy, held.mark, standing, now.at);
  if (preferred.kind === 'deny') conclude(turn, basis, preferred.verdict);
  else if (preferred.kind === 'wait') hold(turn, preferred.untilMs, null);
  else transact(turn, now, { policy, held, remembered, watch: null }, intention);
}

function rule(state: ClaimState, now: Now, basis: Basis): Ruling {
  const { policy, held, heard, remembered, nonce } = basis;
  const mark = held?.mark ?? null;
  if (policy === null || heard === null)
    return refuse('not-listed', 'this chain and key have no policy', mark);
  const claim = claimUnderTerm(state);
  const { ledger, epoch, service } = state.identity;
  const attempt = { ledger, epoch, service, nonce, atMs: now.at.nowMs };
  const bounds = boundsOf(policy.policy, claim, state.name, heard, now.at.nowMs);
  const decision = decide(policy.policy, mark, claim, bounds, attempt);
  if (decision.outcome === 'unknown')
    return { kind: 'refuse', verdict: unknown(decision.reason, decision.detail), mayEnter: false };
  if (decision.outcome === 'deny') {
    const mayEnter = mark !== null && decision.reason === 'unit-taken' && mayStillEnter(state, mark);
    return { ...refuse(decision.reason, decision.detail, mark), mayEnter };
  }
  if (mark === null) throw withoutMark();
  const why = ownGrant(claim, decision.reason, mark, remembered);
  return why === null ? { kind: 'grant', intention: decision } : { kind: 'own-grant', why };
}

function refuse(reason: Parameters<typeof denied>[0], detail: string, mark: Mark | null) {
  return { kind: 'refuse', verdict: denied(reason, detail, mark), mayEnter: false } as const;
}

function withoutMark(): Error {
  return new Error('a grant was decided without a policy or a mark');
}

/** A unit that was entered and never voted in goes to the node on watch under a later term. */
function mayStillEnter({ asked: { claim, via } }: ClaimState, mark: Mark): boolean {
  if (!claim.parts.includes('enter') || via === 'original') return false;
  return findRecent(mark, claim.unit)?.parts.length === 0;
}

/**
 * This service granted the part already, and the store does not have that grant: protocol section 4, rule 2b.
 */
function againstOwn(turn: Turn, now: Now, basis: Basis, why: string): void {
  // An outdated mark proves nothing.
  if (basis.fresh) storeBehind(turn, now, { whose: 'own', kind: 'none', why });
  else read(turn);
}

/** Ends the claim, unless a policy or a mark that is not outdated could turn the answer into a grant. */
function conclude(turn: Turn, basis: Basis, verdict: Verdict): void {
  if (!basis.fresh && mayChange(turn.state.asked.claim, verdict)) read(turn);
  else finish(turn, verdict);
}

function mayChange(claim: Claim, { outcome, reason }: Verdict): boolean {
  if (isEnteredPart(claim)) return outcome === 'denied' ? !LASTING.has(reason) : reason === 'ceiling-unknown';
  // A slot once taken stays taken.
  const taken = reason === 'unit-taken' && claim.duty.owner === 'incarnation';
  return outcome === 'denied' && REREAD.has(reason) && !taken;
}

/** A held claim was off watch on a linearizable read. Until the mirror differs, no read would help. */
function askWatch(turn: Turn, basis: Basis, refusal: Verdict | null): void {
  const { policy, held, standing } = basis;
  if (policy === null || held === null || standing === null) throw withoutMark();
  const seen = enterPreference(turn.state, policy.policy, held.mark, standing, standing.record);
  if (turn.state.heldInTerm && seen.kind === 'take') takeWatch(turn, basis, refusal, seen.late);
  else readWatch(turn, basis, refusal);
}

function readWatch(turn: Turn, basis: Basis, refusal: Verdict | null): void {
  const alive = turn.state.asked.via === 'original';
  enter(turn, { kind: 'asking-watch', basis, refusal }, { kind: 'read-watch', alive });
}

function takeWatch(turn: Turn, basis: Basis, refusal: Verdict | null, offWatch: Verdict): void {
  const late = refusal ?? offWatch;
  turn.state = { ...turn.state, heldInTerm: true };
  enter(turn, { kind: 'taking-watch', basis, refusal, late }, { kind: 'take-watch' });
}

/** The watch on a linearizable read: its record is what the transaction of an `enter` compares. */
export function onWatchRead(
  turn: Turn,
  { basis, refusal }: Extract<Phase, { kind: 'asking-watch' }>,
  { now, watch, standing }: Extract<ClaimEvent, { kind: 'watch-read' }>,
): void {
  const { policy, held } = basis;
  const { claim } = turn.state.asked;
  if (policy === null || held === null) throw withoutMark();
  // A watch that came to this node while its claim was held goes on under the later term.
  if (turn.state.heldInTerm && watch.record.holder === claim.owner.node)
    turn.state = { ...turn.state, takenTerm: BigInt(watch.record.term) };
  const preferred = enterPreference(turn.state, policy.policy, held.mark, standing, watch.record);
  if (preferred.kind === 'deny') conclude(turn, basis, refusal ?? preferred.verdict);
  else if (preferred.kind === 'take') takeWatch(turn, basis, refusal, preferred.late);
  else enterOnWatch(turn, now, basis, watch);
}

/** The node is on watch: the rule once more, since its term may be a later one than the claim named. */
function enterOnWatch(turn: Turn, now: Now, basis: Basis, watch: HeldWatch): void {
  const { policy, held, remembered } = basis;
  if (policy === null || held === null) throw withoutMark();
  const ruling = rule(turn.state, now, basis);
  if (ruling.kind === 'own-grant') againstOwn(turn, now, basis, ruling.why);
  else if (ruling.kind === 'refuse') conclude(turn, basis, ruling.verdict);
  else transact(turn, now, { policy, held, remembered, watch }, ruling.intention);
}

export function onWatchTaken(
  turn: Turn,
  { basis, refusal, late }: Extract<Phase, { kind: 'taking-watch' }>,
  { taken, at }: Extract<ClaimEvent, { kind: 'watch-taken' }>,
): void {
  // Without a holder, the turn of a standby comes by time alone.
  const lookMs = basis.standing?.holderLive === true ? Number.POSITIVE_INFINITY : LAPSE_LOOK_MS;
  if (!taken) hold(turn, at.monotonicMs + lookMs, late);
  else if (isOver(turn.state, at)) finishLate(turn);
  else readWatch(turn, basis, refusal);
}
