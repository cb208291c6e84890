import { withinCeiling } from './ceiling.ts';
import { type Claim, claimProblem } from './claim.ts';
import type { Part } from './duties.ts';
import { entryHash, type LedgerEntry } from './entry.ts';
import { belowFloor, findRecent, type Mark, type PartGrant, type RecentUnit, withUnit } from './mark.ts';
import type { Ceiling, DutyPolicy, Policy } from './policy.ts';
import type { DenialCode, UnknownCode } from './reasons.ts';
import { compareUnits } from './units.ts';

/** What only the service knows and an entry records. */
export interface Attempt {
  readonly ledger: string;
  readonly epoch: string;
  /** Drawn for each transaction attempt by the service, never by the claimant. */
  readonly nonce: string;
  readonly service: string;
  readonly atMs: number;
}

export type Decision =
  /** Run a transaction that writes `next`; reply only after its entry is durable. */
  | { readonly outcome: 'grant'; readonly reason: 'new'; readonly next: Mark }
  /** Run a transaction that only compares; make the mark's last entry durable; reply. */
  | { readonly outcome: 'grant'; readonly reason: 'repeat'; readonly next: null }
  | { readonly outcome: 'deny'; readonly reason: DenialCode; readonly detail: string }
  | { readonly outcome: 'unknown'; readonly reason: UnknownCode; readonly detail: string };

function deny(reason: DenialCode, detail: string): Decision {
  return { outcome: 'deny', reason, detail };
}

/**
 * The grant rule: claim protocol section 4. Pure; a decision is only an intention until its transaction applied.
 *
 * @param policy the current policy of the claim's (chain, key)
 * @param mark the mark of (chain, key, duty), or null where the key was never adopted
 * @param ceiling the highest new unit by clock or observers (not the claimant)
 */
export function decide(
  policy: Policy,
  mark: Mark | null,
  claim: Claim,
  ceiling: Ceiling,
  attempt: Attempt,
): Decision {
  const misplaced = elsewhere(policy, claim, attempt);
  if (misplaced !== null) return misplaced;
  const dutyPolicy = policy.duties[claim.duty.name];
  if (dutyPolicy?.enabled !== true) return deny('duty-off', `${claim.duty.name} is off for this key`);
  const problem = shapeDenial(dutyPolicy, claim);
  if (problem !== null) return problem;
  if (policy.mode !== 'enforce' || mark === null) return deny('not-adopted', 'the key was never adopted');
  const foreign = foreignMark(mark, claim, attempt);
  if (foreign !== null) return foreign;
  if (claim.strictlyIncreasing) {
    const highest = mark.recent.at(-1)?.unit ?? mark.floor;
    if (highest !== null && compareUnits(claim.unit, highest) <= 0) {
      return deny('not-increasing', 'the number is not above every unit of the mark');
    }
  }
  if (belowFloor(mark.floor, claim.unit)) return deny('below-floor', 'the unit is at or below the floor');
  const known = findRecent(mark, claim.unit);
  const at: Case = { policy, dutyPolicy, mark, claim, attempt };
  return known === undefined ? decideNew(at, ceiling) : decideKnown(at, known);
}

/** Rule 1: chain, ledger, epoch and roster. */
function elsewhere(policy: Policy, claim: Claim, attempt: Attempt): Decision | null {
  if (claim.chain !== policy.chain || claim.key !== policy.key) {
    return deny('wrong-ledger', 'the policy is of another chain or key');
  }
  if (claim.ledger !== null && claim.ledger !== attempt.ledger) {
    return deny('wrong-ledger', 'the claim names another ledger');
  }
  if (claim.epoch !== null && claim.epoch !== attempt.epoch) {
    return deny('wrong-ledger', 'the claim names another epoch');
  }
  if (!policy.roster.some((node) => node.name === claim.owner.node)) {
    return deny('not-listed', `${claim.owner.node} is not in the roster`);
  }
  return null;
}

/** A claim that does not fit its duty, or lacks the digest that the policy asks for. */
function shapeDenial(dutyPolicy: DutyPolicy, claim: Claim): Decision | null {
  const problem = claimProblem(claim);
  if (problem !== null) return deny('invalid-claim', `${problem.field}: ${problem.why}`);
  const bindable = claim.duty.digestBytes > 0 && claim.parts.some((part) => part !== 'enter');
  if (dutyPolicy.digestRequired && bindable && claim.digest === null) {
    return deny('digest-required', `${claim.duty.name} needs a digest of ${claim.duty.digestBytes} bytes`);
  }
  return null;
}

/** Rule 1 for the mark itself: it must belong to this ledger and epoch and to what is claimed. */
function foreignMark(mark: Mark, claim: Claim, attempt: Attempt): Decision | null {
  const { ledger, chain, key, duty } = mark.last;
  if (ledger !== attempt.ledger || chain !== claim.chain || key !== claim.key || duty !== claim.duty.name) {
    return deny('wrong-ledger', 'the mark was written for another ledger, chain, key or duty');
  }
  if (mark.epoch !== attempt.epoch) {
    return deny('wrong-ledger', 'the mark is of an older epoch; adopt the key again');
  }
  return null;
}

/** Everything that one decision is made of, once rule 1 has passed. */
interface Case {
  readonly policy: Policy;
  readonly dutyPolicy: DutyPolicy;
  readonly mark: Mark;
  readonly claim: Claim;
  readonly attempt: Attempt;
}

/** Rules 2 and 5: a unit the mark does not hold. */
function decideNew(at: Case, ceiling: Ceiling): Decision {
  const { claim, attempt } = at;
  if (ceiling.kind === 'unknown')
    return { outcome: 'unknown', reason: 'ceiling-unknown', detail: ceiling.why };
  if (!withinCeiling(ceiling, claim.unit)) return deny('unit-ahead', 'the unit lies above the ceiling');
  return write(at, {
    unit: claim.unit,
    owner: claim.owner,
    term: claim.term,
    parts: granted(claim, attempt.nonce),
    enterNonce: claim.parts.includes('enter') ? attempt.nonce : null,
  });
}

/** Rule 4: a unit in `recent`. */
function decideKnown(at: Case, known: RecentUnit): Decision {
  const { claim, attempt } = at;
  if (claim.parts.length === 1 && claim.parts[0] === 'enter') return decideEnter(at, known);
  const before = claim.parts.map((part) => known.parts.find((grant) => grant.part === part));
  if (before.some((grant) => grant !== undefined)) return decideRepeat(known, before, claim);
  if (!owns(known, claim)) return deny('unit-taken', `the unit belongs to ${known.owner.node}`);
  return write(at, { ...known, parts: [...known.parts, ...granted(claim, attempt.nonce)] });
}

/** Below every watch term. */
const NO_TERM = -1n;

/** Rule 4, `enter`: a gate that is told no here abstains; told no at a vote, its node would stop. */
function decideEnter(at: Case, known: RecentUnit): Decision {
  const { claim, attempt } = at;
  if (known.parts.length > 0) return deny('unit-taken', 'a part of the unit is granted already');
  if (owns(known, claim)) {
    // After W was made smaller the unit may be about to leave; its votes would be denied, so say it now.
    const kept = withUnit(at.mark.floor, at.mark.recent, known, at.dutyPolicy.window).recent.includes(known);
    return kept ? { outcome: 'grant', reason: 'repeat', next: null } : leaves();
  }
  if ((claim.term ?? NO_TERM) <= (known.term ?? NO_TERM)) {
    return deny('unit-taken', `${known.owner.node} entered the unit and no later watch term is claimed`);
  }
  return write(at, { ...known, owner: claim.owner, term: claim.term, enterNonce: attempt.nonce });
}

/** A part that is granted already: only the same payload, to whom the duty may repeat it. */
function decideRepeat(known: RecentUnit, before: readonly (PartGrant | undefined)[], claim: Claim): Decision {
  const digests = before.map((grant) => grant?.digest ?? null);
  if (claim.digest === null || digests.some((digest) => digest === null)) {
    return deny('unit-taken', 'a claim without a digest is told granted once');
  }
  if (claim.duty.repeat === 'nobody') return deny('unit-taken', 'this duty is never repeated');
  if (claim.duty.repeat === 'same-incarnation' && !sameOwner(known, claim)) {
    const own = known.owner.node === claim.owner.node;
    return deny('unit-taken', `the unit belongs to ${own ? 'another start of ' : ''}${known.owner.node}`);
  }
  if (digests.some((digest) => digest !== claim.digest))
    return deny('digest-differs', 'another payload was granted');
  return { outcome: 'grant', reason: 'repeat', next: null };
}

function sameOwner(known: RecentUnit, claim: Claim): boolean {
  return known.owner.node === claim.owner.node && known.owner.incarnation === claim.owner.incarnation;
}

function owns(known: RecentUnit, claim: Claim): boolean {
  return claim.duty.owner === 'node' ? known.owner.node === claim.owner.node : sameOwner(known, claim);
}

function granted(claim: Claim, nonce: string): readonly PartGrant[] {
  const signed = claim.parts.filter((part): part is Part => part !== 'enter');
  return signed.map((part) => ({ part, digest: claim.digest, nonce }));
}

function leaves(): Decision {
  return deny('below-window', 'the unit would leave the mark at once');
}

/** Rule 5: put the unit into the mark, unless it would leave at once. */
function write(at: Case, entry: RecentUnit): Decision {
  const { policy, dutyPolicy, mark, claim, attempt } = at;
  const window = withUnit(mark.floor, mark.recent, entry, dutyPolicy.window);
  if (!window.recent.includes(entry)) return leaves();
  const last: LedgerEntry = {
    kind: 'grant',
    ledger: attempt.ledger,
    epoch: attempt.epoch,
    chain: claim.chain,
    key: claim.key,
    duty: claim.duty.name,
    seq: mark.seq + 1n,
    prev: mark.lastHash,
    unit: claim.unit,
    parts: claim.parts,
    digest: claim.digest,
    owner: claim.owner,
    term: claim.term,
    nonce: attempt.nonce,
    service: attempt.service,
    policyVersion: policy.versionId,
    window: dutyPolicy.window,
    atMs: attempt.atMs,
    note: '',
  };
  const next: Mark = { epoch: mark.epoch, ...window, seq: last.seq, last, lastHash: entryHash(last) };
  return { outcome: 'grant', reason: 'new', next };
}
