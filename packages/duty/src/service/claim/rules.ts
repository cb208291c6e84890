import {
  type Claim,
  type Decision,
  decide,
  explains,
  findRecent,
  formatUnit,
  type LedgerPoint,
  type Mark,
} from '../../rule/index.ts';
import { boundsOf } from '../ground/base.ts';
import type { LedgerEpochs } from '../ground/memory.ts';
import { denied, isEnteredPart, unknown, type Verdict } from '../ground/verdict.ts';
import type { Asked, Basis, ClaimUnderWay, Grounds, Remembered, Ruled } from './asked.ts';

/** The reason why the store is behind the memory of this service or of a claimant. */
export type Contradiction = { readonly why: string } & (
  | { readonly whose: 'own' }
  | { readonly whose: 'forged' }
  /** `gap`: the unit can never be granted again, but its line cannot be shown; no key is held for it. */
  | { readonly whose: 'claimant'; readonly kind: 'none' | 'gap'; readonly point: LedgerPoint }
);

/** A decision to grant, as `decide` gives it. */
export type Intention = Extract<Decision, { readonly outcome: 'grant' }>;

/** The rule for one claim, without preference. */
export type Ruling =
  | { readonly kind: 'grant'; readonly grounds: Grounds; readonly intention: Intention }
  /** `grounds`: of an `enter` that is granted if its node is active under a later term; else null. */
  | { readonly kind: 'refuse'; readonly grounds: Grounds | null; readonly verdict: Verdict }
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
  'unit-ahead-granted',
]);
/**
 * Denials that no later state takes back. A vote gets no other one before a linearizable read: it stops a
 * node.
 */
const LASTING = new Set(['below-floor', 'digest-differs', 'invalid-claim']);

/** Why the memory of this service or of the claimant contradicts the store, or null: protocol section 2. */
export function contradiction({ identity, asked }: ClaimUnderWay, basis: Basis): Contradiction | null {
  const mark = basis.held?.mark ?? null;
  const own = contradictedBy(mark, identity, basis.remembered.point);
  if (own !== null) return { whose: 'own', why: own.why };
  // A node that is not in the roster of the key cannot raise an alarm about it either.
  const { node } = asked.claim.owner;
  if (basis.policy?.policy.roster.some(({ name }) => name === node) !== true) return null;
  const { said } = asked;
  if (said.kind === 'nothing') return null;
  if (said.kind === 'refused') return { whose: 'forged', why: said.why };
  const found = contradictedBy(mark, identity, said.point);
  return found === null ? null : { ...found, whose: 'claimant', point: said.point };
}

/** Null if the mark accounts for the point. */
export function contradictedBy(
  mark: Mark | null,
  epochs: LedgerEpochs,
  point: LedgerPoint | null,
): { readonly kind: 'none' | 'gap'; readonly why: string } | null {
  if (point === null) return null;
  const found = explains(mark, epochs.epoch, point, epochs.voided);
  if (found === 'lineage' || found === 'floor') return null;
  const what =
    point.unit === null ? 'an adoption' : `${point.part ?? 'adoption'} of ${formatUnit(point.unit)}`;
  const now = mark === null ? 'the store has no such mark' : `the store is at entry ${mark.seq}`;
  return { kind: found, why: `entry ${point.seq} (${what}) is remembered; ${now}` };
}

/** Protocol section 4: rules 1 to 7 by `decide`, then rule 2b against the own ledger. */
export function rule({ asked, wanted, identity, name }: ClaimUnderWay, basis: Ruled, nowMs: number): Ruling {
  const { policy } = basis.policy;
  const grounds = basis.held === null ? null : { ...basis, held: basis.held };
  const mark = grounds?.held.mark ?? null;
  const { ledger, epoch, service } = identity;
  const bounds = boundsOf(policy, wanted, name, basis.heard, nowMs);
  const attempt = { ledger, epoch, service, nonce: basis.nonce, atMs: nowMs };
  const decision = decide(policy, mark, wanted, bounds, attempt);
  if (decision.outcome === 'unknown')
    return { kind: 'refuse', grounds: null, verdict: unknown(decision.reason, decision.detail) };
  if (decision.outcome === 'deny') {
    const mayEnter = mark !== null && decision.reason === 'unit-taken' && mayStillEnter(asked, mark);
    const verdict = denied(decision.reason, decision.detail, mark);
    return { kind: 'refuse', grounds: mayEnter ? grounds : null, verdict };
  }
  if (grounds === null) throw new Error('a grant was decided without a mark');
  const why = ownGrant(wanted, decision.reason, grounds.held.mark, basis.remembered);
  return why === null ? { kind: 'grant', grounds, intention: decision } : { kind: 'own-grant', why };
}

/** A unit that was entered and never voted in goes to the active node under a later term. */
function mayStillEnter({ claim, via }: Asked, mark: Mark): boolean {
  if (!claim.parts.includes('enter') || via === 'original') return false;
  return findRecent(mark, claim.unit)?.parts.length === 0;
}

/**
 * Protocol section 4, rule 2b: why the ledger of this service forbids a grant that the store would allow, or
 * null. A new part must not be in it; a repeated part must have the digest that is in it.
 */
export function ownGrant(
  claim: Claim,
  reason: 'new' | 'repeat',
  mark: Mark,
  { grants }: Remembered,
): string | null {
  const known = findRecent(mark, claim.unit);
  for (const part of claim.parts) {
    const lines = grants.filter((line) => line.part === part);
    // A unit may be entered again, also by another node, as long as the store knows that it was entered.
    const contradicts = part === 'enter' ? known === undefined : reason === 'new';
    const other = lines.find(({ digest }) => contradicts || (part !== 'enter' && digest !== claim.digest));
    if (other === undefined) continue;
    return `${part} of ${formatUnit(claim.unit)} was granted by entry of attempt ${other.nonce}; the store does not hold it`;
  }
  return null;
}

/** Whether a policy or a mark that is not outdated could turn the answer into a grant. */
export function mayChange(claim: Claim, { outcome, reason }: Verdict): boolean {
  if (isEnteredPart(claim)) return outcome === 'denied' ? !LASTING.has(reason) : reason === 'ceiling-unknown';
  // A slot once taken stays taken.
  const taken = reason === 'unit-taken' && claim.duty.owner === 'incarnation';
  return outcome === 'denied' && REREAD.has(reason) && !taken;
}
