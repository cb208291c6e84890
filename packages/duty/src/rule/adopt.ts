import type { Attempt } from './decision.ts';
import type { Duty } from './duties.ts';
import { entryHash, FIRST_PREV, type LedgerEntry } from './entry.ts';
import { leftoversAfter, type Mark } from './mark.ts';
import { meaningOf } from './meaning.ts';
import type { Policy } from './policy.ts';
import { compareUnits, highestUnit, type Unit, unitProblem } from './units.ts';

/**
 * The mark with which a key begins, or begins again: protocol section 6. An adoption only ever raises a
 * floor. Units of the older mark above the new floor stay in `recent`, so they stay denied to every other
 * claimant. Throws a RangeError on a floor that is not a unit of the duty, because such a mark could not be
 * read.
 */
export function adoptMark(
  policy: Policy,
  duty: Duty,
  before: Mark | null,
  floor: Unit | null,
  attempt: Attempt,
  note: string,
): Mark {
  const problem = floor === null ? null : unitProblem(duty.fields, floor);
  if (problem !== null) throw new RangeError(`floor of ${duty.name}: ${problem}`);
  const raised = highestUnit(before?.floor ?? null, floor);
  const recent =
    before?.recent.filter((entry) => raised === null || compareUnits(entry.unit, raised) > 0) ?? [];
  const last: LedgerEntry = {
    kind: 'adopt',
    ledger: attempt.ledger,
    epoch: attempt.epoch,
    chain: policy.chain,
    key: policy.key,
    duty: duty.name,
    seq: (before?.seq ?? 0n) + 1n,
    prev: before?.lastHash ?? FIRST_PREV,
    unit: raised,
    parts: [],
    digest: null,
    owner: null,
    term: null,
    nonce: attempt.nonce,
    service: attempt.service,
    policyVersion: policy.versionId,
    window: policy.duties[duty.name]?.window ?? duty.window,
    atMs: attempt.atMs,
    note,
  };
  const hash = entryHash(last);
  return {
    epoch: attempt.epoch,
    floor: raised,
    recent,
    seq: last.seq,
    last,
    lastHash: hash,
    meaning: meaningOf(policy),
    adoption: hash,
    leftovers: leftoversAfter(duty, before, recent),
  };
}
