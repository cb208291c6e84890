import { type Bounds, isPast, underBase } from './bounds.ts';
import { withinCeiling } from './ceiling.ts';
import { type Claim, claimProblem } from './claim.ts';
import {
  type Attempt,
  type Case,
  type Decision,
  deny,
  enterOf,
  granted,
  unbounded,
  write,
} from './decision.ts';
import type { Duty } from './duties.ts';
import { decideKnown } from './known-unit.ts';
import { belowFloor, findRecent, type Mark, topOf } from './mark.ts';
import { isOutsideSetZero, meaningOf } from './meaning.ts';
import { type DutyPolicy, isAdopted, type Policy } from './policy.ts';
import { shutAhead } from './shut.ts';
import { compareUnits, formatUnit, parseUnit, type Unit } from './units.ts';

/**
 * The grant rule: claim protocol section 4. Pure; a decision is only an intention until its transaction
 * applied.
 *
 * @param policy the current policy of the claim's (chain, key)
 * @param mark the mark of (chain, key, duty), or null if the key was never adopted
 * @param bounds how new and how old a unit may be, by clock or observers (not the claimant)
 */
export function decide(
  policy: Policy,
  mark: Mark | null,
  claim: Claim,
  bounds: Bounds,
  attempt: Attempt,
): Decision {
  const decision = dated(decideUnfrozen(policy, mark, claim, bounds, attempt), policy, mark, claim, bounds);
  if (policy.mode !== 'frozen' || decision.outcome === 'deny' || isSameVote(decision, claim)) return decision;
  return deny(
    'key-frozen',
    `frozen by ${policy.freeze?.by ?? 'an operator'}: ${policy.freeze?.reason ?? ''}`,
  );
}

/**
 * A vote that was granted before. Its signature is deterministic, so a repeated signature is the same one; a
 * denial would stop the voter. A seal is randomised, and may not exist yet.
 */
function isSameVote(decision: Decision, { duty, parts }: Claim): boolean {
  if (decision.outcome !== 'grant' || decision.next !== null) return false;
  return duty.repeat === 'same-digest' && !parts.includes('enter');
}

/** A present slot that a granted slot of the future shuts out: the denial says until when. */
function dated(
  decision: Decision,
  policy: Policy,
  mark: Mark | null,
  { duty }: Claim,
  { ceiling }: Bounds,
): Decision {
  const isShut = decision.reason === 'below-floor' || decision.reason === 'below-window';
  if (!isShut || mark === null || mark.recent.length === 0) return decision;
  const ahead = shutAhead(policy, mark, duty, ceiling);
  if (ahead === null) return decision;
  return deny(
    'unit-ahead-granted',
    `a slot of the future was granted, so every slot up to ${ahead.slot} is denied until ${ahead.until}`,
  );
}

function decideUnfrozen(
  policy: Policy,
  mark: Mark | null,
  claim: Claim,
  bounds: Bounds,
  attempt: Attempt,
): Decision {
  const misplaced = elsewhere(policy, claim, attempt);
  if (misplaced !== null) return misplaced;
  const dutyPolicy = policy.duties[claim.duty.name];
  if (dutyPolicy?.enabled !== true) return deny('duty-off', `${claim.duty.name} is off for this key`);
  const problem = shapeDenial(dutyPolicy, claim);
  if (problem !== null) return problem;
  if (!isAdopted(policy) || mark === null) return deny('not-adopted', 'the key was never adopted');
  const foreign = foreignMark(mark, claim, attempt) ?? otherMeaning(mark, policy);
  if (foreign !== null) return foreign;
  if (claim.strictlyIncreasing) {
    const highest = topOf(mark);
    if (highest !== null && compareUnits(claim.unit, highest) <= 0) {
      return deny('not-increasing', 'the number is not above every unit of the mark');
    }
  }
  if (belowFloor(mark.floor, claim.unit)) return deny('below-floor', 'the unit is at or below the floor');
  if (isAfterLast(dutyPolicy, claim.duty, claim.unit)) {
    return deny('after-last-unit', 'the policy ends this duty before this unit');
  }
  // Rule 2: without sets, one round has one name. Under another set it would be granted once more.
  if (isOutsideSetZero(policy, claim.duty, claim.unit)) {
    return deny('unit-ahead', 'the policy counts every round as one of set 0 (roundScope: unscoped)');
  }
  const known = findRecent(mark, claim.unit);
  const at: Case = { policy, dutyPolicy, mark, claim, bounds, attempt };
  return known === undefined ? decideNew(at) : decideKnown(at, known);
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

/**
 * Rule 1 for the mark itself: it must belong to this ledger and epoch and to the claim's chain, key and duty.
 */
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

/** Rule 2a: the numbers of the mark and those of the claim name the same units only under one meaning. */
function otherMeaning(mark: Mark, policy: Policy): Decision | null {
  const meaning = meaningOf(policy);
  if (mark.meaning === meaning) return null;
  return deny('not-adopted', `the mark counts units as "${mark.meaning}", the policy as "${meaning}"`);
}

/**
 * Rule 3: whether the unit lies above the last one of the policy, as none lies at or below a floor that is
 * equal. A text that is no unit of the duty ends it at once.
 */
export function isAfterLast({ lastUnit }: Pick<DutyPolicy, 'lastUnit'>, duty: Duty, unit: Unit): boolean {
  if (lastUnit === undefined) return false;
  const last = parseUnit(duty.fields, lastUnit);
  return !last.ok || !belowFloor(last.unit, unit);
}

/** Rules 2 and 5: a unit the mark does not hold. */
function decideNew(at: Case): Decision {
  const { claim, attempt } = at;
  const { ceiling, lowest, base } = at.bounds;
  if (ceiling.kind === 'unknown') return unbounded(ceiling.why);
  if (!withinCeiling(ceiling, claim.unit))
    return deny('unit-ahead', ceiling.why ?? 'the unit lies above the ceiling');
  if (isPast(claim.duty, lowest, claim.unit)) {
    return deny('unit-past', `the unit lies below ${formatUnit(lowest ?? [])}, the lowest that is still due`);
  }
  if (underBase(base, claim.unit) === 'covered') {
    return deny('unit-past', 'the unit dates from before the session of this service');
  }
  if (base.kind === 'unknown') return unbounded(base.why);
  const unit = {
    unit: claim.unit,
    owner: claim.owner,
    term: claim.term,
    parts: granted(claim, attempt.nonce),
    enters: claim.parts.includes('enter') ? [enterOf(at)] : [],
  };
  return write(at, unit, 'new');
}
