import { withinCeiling } from './ceiling.ts';
import type { Claim } from './claim.ts';
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
  const listed = listing(policy, claim, attempt);
  if (listed !== null) return listed;
  if (policy.mode !== 'enforce' || mark === null) return deny('not-adopted', 'the key was never adopted');
  if (mark.epoch !== attempt.epoch)
    return deny('wrong-ledger', 'the mark is of an older epoch; adopt the key again');
  const dutyPolicy = policy.duties[claim.duty.name];
  if (dutyPolicy === undefined) return deny('duty-off', `${claim.duty.name} is not in the policy`);
  const known = findRecent(mark, claim.unit);
  if (claim.strictlyIncreasing) {
    const highest = mark.recent.at(-1)?.unit ?? mark.floor;
    if (highest !== null && compareUnits(claim.unit, highest) <= 0) {
      return deny('not-increasing', 'the number is not above every unit of the mark');
    }
  }
  if (known !== undefined) return decideKnown(policy, dutyPolicy, mark, known, claim, attempt);
  return decideNew(policy, dutyPolicy, mark, claim, ceiling, attempt);
}

/** Rule 1 and the shape of the claim. */
function listing(policy: Policy, claim: Claim, attempt: Attempt): Decision | null {
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
  const dutyPolicy = policy.duties[claim.duty.name];
  if (dutyPolicy?.enabled !== true) return deny('duty-off', `${claim.duty.name} is off for this key`);
  const bindable = claim.duty.digestBytes > 0 && claim.parts.some((part) => part !== 'enter');
  if (dutyPolicy.digestRequired && bindable && claim.digest === null) {
    return deny('digest-required', `${claim.duty.name} needs a digest of ${claim.duty.digestBytes} bytes`);
  }
  return null;
}

/** Rules 2, 3 and 5: a unit the mark does not hold. */
function decideNew(
  policy: Policy,
  dutyPolicy: DutyPolicy,
  mark: Mark,
  claim: Claim,
  ceiling: Ceiling,
  attempt: Attempt,
): Decision {
  if (belowFloor(mark.floor, claim.unit)) return deny('below-floor', 'the unit is at or below the floor');
  if (ceiling.kind === 'unknown')
    return { outcome: 'unknown', reason: 'ceiling-unknown', detail: ceiling.why };
  if (!withinCeiling(ceiling, claim.unit)) return deny('unit-ahead', 'the unit lies above the ceiling');
  const entry: RecentUnit = {
    unit: claim.unit,
    owner: claim.owner,
    term: claim.term,
    parts: granted(claim, attempt.nonce),
    enterNonce: claim.parts.includes('enter') ? attempt.nonce : null,
  };
  const window = withUnit(mark.floor, mark.recent, entry, dutyPolicy.window);
  if (!window.recent.includes(entry)) return deny('below-window', 'the unit would leave the mark at once');
  return { outcome: 'grant', reason: 'new', next: advance(policy, dutyPolicy, mark, claim, window, attempt) };
}

/** Rule 4: a unit in `recent`. */
function decideKnown(
  policy: Policy,
  dutyPolicy: DutyPolicy,
  mark: Mark,
  known: RecentUnit,
  claim: Claim,
  attempt: Attempt,
): Decision {
  if (claim.parts.length === 1 && claim.parts[0] === 'enter') {
    return decideEnter(policy, dutyPolicy, mark, known, claim, attempt);
  }
  const before = claim.parts.map((part) => known.parts.find((grant) => grant.part === part));
  if (before.some((grant) => grant !== undefined)) return decideRepeat(known, before, claim);
  if (!owns(known, claim)) return deny('unit-taken', `the unit belongs to ${known.owner.node}`);
  const entry: RecentUnit = { ...known, parts: [...known.parts, ...granted(claim, attempt.nonce)] };
  const window = withUnit(mark.floor, mark.recent, entry, dutyPolicy.window);
  if (!window.recent.includes(entry)) return deny('below-window', 'the unit would leave the mark at once');
  return { outcome: 'grant', reason: 'new', next: advance(policy, dutyPolicy, mark, claim, window, attempt) };
}

function decideEnter(
  policy: Policy,
  dutyPolicy: DutyPolicy,
  mark: Mark,
  known: RecentUnit,
  claim: Claim,
  attempt: Attempt,
): Decision {
  if (known.parts.length > 0) return deny('unit-taken', 'a part of the unit is granted already');
  if (owns(known, claim)) return { outcome: 'grant', reason: 'repeat', next: null };
  if (claim.term === null || (known.term !== null && claim.term <= known.term)) {
    return deny('unit-taken', `${known.owner.node} entered the unit and no later watch term is claimed`);
  }
  const entry: RecentUnit = { ...known, owner: claim.owner, term: claim.term, enterNonce: attempt.nonce };
  const window = withUnit(mark.floor, mark.recent, entry, dutyPolicy.window);
  if (!window.recent.includes(entry)) return deny('below-window', 'the unit would leave the mark at once');
  return { outcome: 'grant', reason: 'new', next: advance(policy, dutyPolicy, mark, claim, window, attempt) };
}

/** A part that is granted already: only the same payload, to whom the duty may repeat it. */
function decideRepeat(known: RecentUnit, before: readonly (PartGrant | undefined)[], claim: Claim): Decision {
  const digests = before.map((grant) => grant?.digest ?? null);
  if (claim.digest === null || digests.some((digest) => digest === null)) {
    return deny('unit-taken', 'a claim without a digest is told granted once');
  }
  if (digests.some((digest) => digest !== claim.digest))
    return deny('digest-differs', 'another payload was granted');
  if (claim.duty.repeat === 'nobody') return deny('unit-taken', 'this duty is never repeated');
  if (claim.duty.repeat === 'same-incarnation' && !sameOwner(known, claim)) {
    return deny('unit-taken', `the unit belongs to another start of ${known.owner.node}`);
  }
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

function advance(
  policy: Policy,
  dutyPolicy: DutyPolicy,
  mark: Mark,
  claim: Claim,
  window: Pick<Mark, 'floor' | 'recent'>,
  attempt: Attempt,
): Mark {
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
  return { epoch: mark.epoch, ...window, seq: last.seq, last, lastHash: entryHash(last) };
}
