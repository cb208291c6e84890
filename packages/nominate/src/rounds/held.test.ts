import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { known, unknown } from '../facts/fact.ts';
import { decodeSnapshot, encodeSnapshot } from '../snapshot/codec.ts';
import type { CandidateRecord, NominatorRecord } from '../snapshot/record-shapes.ts';
import { DOT, goodNominator, goodRecord, keyOf, snapshotOf } from '../testing/index.ts';
import { explain, nextInLine } from './explain.ts';
import { planRound } from './plan.ts';
import type { RoundRecord } from './record.ts';
import { replayRound } from './replay.ts';
import { storeRound } from './stored.ts';
import { numbersOf, programme } from './testing/programme.ts';

const LINE = Array.from({ length: 12 }, (_, n) =>
  goodRecord(n + 1, { selfStake: known(BigInt(100_000 - 1_000 * n) * DOT, 'staking') }),
);
const ROUND = { everyEras: 4, minimumActive: '0', count: 'stake', mostTargets: 3 };
const RULES = programme(2, { round: ROUND });
const RICH = { active: known(100_000_000n * DOT, 'staking') } as const;
const LATELY = { submittedIn: known(2_201, 'staking') } as const;
const has = (...numbers: number[]) => ({ targets: known(numbers.map(keyOf), 'staking') });

type Change = Partial<NominatorRecord>;

function round(
  first: Change,
  second: Change,
  rules = RULES,
  line: readonly CandidateRecord[] = LINE,
): RoundRecord {
  const nominators = [goodNominator(0, { ...RICH, ...first }), goodNominator(1, { ...RICH, ...second })];
  const snapshot = snapshotOf(line, { nominators });
  const plan = planRound(snapshot, rules);
  assert.ok(plan.ok);
  assert.ok(decodeSnapshot(encodeSnapshot(snapshot)).ok);
  assert.equal(replayRound(storeRound(snapshot, rules, plan.record)).result, 'same');
  return plan.record;
}

const slices = ({ nominators }: RoundRecord) => nominators.map(({ targets }) => numbersOf(targets));

describe('nominators that are not in step', () => {
  test('targets of a nominator that is not due are given to no other', () => {
    assert.deepEqual(slices(round({ ...LATELY, ...has(1, 2, 3) }, {})), [[], [4, 5, 6]]);
    // Earlier nominators of the programme also leave them free.
    assert.deepEqual(slices(round({}, { ...LATELY, ...has(1, 2, 3) })), [[4, 5, 6], []]);
  });

  test('a nominator with an open transaction holds its new targets, not the old ones', () => {
    const pending = { pending: known(true, 'programme'), coming: [2, 4].map(keyOf) };
    assert.deepEqual(slices(round({ ...pending, ...has(1, 9) }, {})), [[], [1, 3, 5]]);
    assert.deepEqual(slices(round({ pending: pending.pending, ...has(1, 9) }, {})), [[], [2, 3, 4]]);
  });

  test('the same if it is unknown whether the nominator is due', () => {
    const away = { active: unknown('no answer', 'staking') } as const;
    assert.deepEqual(slices(round({ ...away, ...has(1, 2) }, {})), [[], [3, 4, 5]]);
  });

  test('a nominator with no bond or too little has no stake, and reserves no candidate', () => {
    const rules = programme(2, { round: { ...ROUND, minimumActive: '10' } });
    assert.deepEqual(slices(round({ active: known(null, 'staking'), ...has(1) }, {})), [[], [1, 2, 3]]);
    assert.deepEqual(slices(round({ active: known(5n, 'staking'), ...has(1) }, {}, rules)), [[], [1, 2, 3]]);
  });

  test('unknown targets reserve no candidate', () => {
    const gone = { targets: unknown('the item has another shape', 'staking') } as const;
    assert.deepEqual(slices(round({ ...LATELY, ...gone }, {})), [[], [1, 2, 3]]);
  });

  test('caps over the round count held targets', () => {
    const caps = { identity: 1, operator: null, provider: null, country: null };
    const none = { ...caps, identity: null };
    const rules = programme(2, { round: ROUND, caps: { perRound: caps, perSlice: none } });
    const [first, ...others] = LINE;
    const same = { ...(others[0] ?? assert.fail()), identity: (first ?? assert.fail()).identity };
    const line = [first ?? assert.fail(), same, ...others.slice(1)];
    assert.deepEqual(slices(round({ ...LATELY, ...has(1) }, {}, rules, line)), [[], [3, 4, 5]]);
    // Targets that an older round gave beyond the cap count in full.
    assert.deepEqual(slices(round({ ...LATELY, ...has(1, 2) }, {}, rules, line)), [[], [3, 4, 5]]);
  });

  test('a reserved candidate is reported as such, and is not next in line', () => {
    const record = round({ ...LATELY, ...has(1, 2, 77) }, {});
    const told = explain(record, keyOf(1));
    assert.equal(told?.candidate.decision.code, 'held');
    assert.match(
      told?.because ?? '',
      /has it as a target already: it is a target of nominator 0 since before/,
    );
    assert.deepEqual(numbersOf(nextInLine(record, 2).map(({ stashKey }) => stashKey)), [6, 7]);
    assert.equal(record.nominatedCount, 3);
  });

  test('their votes count in the simulation of those that are due', () => {
    const seats = 2;
    const targets = [1, 2, 3, 4].map(keyOf);
    // The others' votes leave one seat for the candidate that is not reserved.
    const election = known(
      { seats, targets, voters: [{ who: keyOf(9), stake: 60_000_000n * DOT, votes: [1] }] },
      'staking',
    );
    const rules = programme(2, { round: { ...ROUND, count: 'simulate' } });
    const plan = (coming: string[]) => {
      const held = {
        ...RICH,
        pending: known(true, 'programme'),
        coming,
        active: known(90_000_000n * DOT, 'staking'),
      };
      const due = { ...RICH, active: known(80_000_000n * DOT, 'staking') };
      const nominators = [goodNominator(0, held), goodNominator(1, due)];
      const made = planRound(snapshotOf(LINE.slice(0, 4), { election, nominators }), rules);
      assert.ok(made.ok);
      return made.record.nominators[1]?.count?.detail ?? '';
    };
    assert.match(plan([keyOf(77)]), /simulation: 1 of 1, 2 of 2/);
    assert.match(plan([keyOf(1)]), /simulation: 1 of 1, 1 of 2/);
  });
});
