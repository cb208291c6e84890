import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { customCheck } from '../checks/custom.ts';
import { known } from '../facts/fact.ts';
import { DOT, goodNominator, goodRecord, sampleSnapshot, snapshotOf } from '../testing/index.ts';
import { backtest } from './backtest.ts';
import { explain } from './explain.ts';
import { planRound } from './plan.ts';
import { presetProgramme } from './presets.ts';
import { DECISIONS, type RoundRecord } from './record.ts';
import { replayRound } from './replay.ts';
import type { LoadedModule } from './start.ts';
import { type StoredRound, storeRound } from './stored.ts';
import { programme } from './testing/programme.ts';

function stored(seed: string, rules = programme(2), modules: readonly LoadedModule[] = []): StoredRound {
  const snapshot = sampleSnapshot({ seed, count: 80 });
  const plan = planRound(snapshot, rules, { modules });
  assert.ok(plan.ok, inspect(plan));
  return storeRound(snapshot, rules, plan.record);
}

test('a stored round computes again to the same bytes, in both profiles', () => {
  for (const profile of ['1kv', 'fair'] as const) {
    const rules = presetProgramme(
      { network: 'polkadot', profile },
      programme(2).nominators.map(({ name, stashKey }) => ({ name, stashKey })),
    );
    assert.equal(replayRound(stored('replay', { ...rules, checks: programme().checks })).result, 'same');
  }
});

test('a record of another snapshot or programme is not compared at all', () => {
  const [one, other] = [stored('one'), stored('other')];
  const replay = replayRound({ ...one, snapshot: other.snapshot });
  assert.ok(replay.result === 'unreadable');
  assert.match(replay.problems[0]?.message ?? '', /made from another snapshot/);
  const rules = stored('one', programme(2, { name: 'else' })).programme;
  assert.match(JSON.stringify(replayRound({ ...one, programme: rules })), /made from another programme/);
  assert.equal(replayRound({ ...one, snapshot: '{' }).result, 'unreadable');
  assert.equal(replayRound({ ...one, record: '[]' }).result, 'unreadable');
});

test('a module of one’s own is asked for by the hash of its file', () => {
  const read = customCheck({
    id: 'slot-even',
    about: 'only even slots',
    run: ({ record }: { record: { candidate: { slotId: number } } }) => ({
      outcome: record.candidate.slotId % 2 === 0 ? 'pass' : 'fail',
      message: 'the slot',
      remedy: 'another slot',
      evidence: [],
    }),
  });
  assert.ok(read.ok);
  const module = { check: read.check, sha256: 'b'.repeat(64) };
  const { checks } = programme();
  const rules = programme(2, {
    modules: [{ id: 'slot-even', sha256: module.sha256 }],
    checks: { ...checks, checks: [...checks.checks, { id: 'slot-even' }] },
  });
  const round = stored('module', rules, [module]);
  assert.equal(replayRound(round, [module]).result, 'same');
  assert.equal(replayRound(round).result, 'refused');
  assert.equal(replayRound(round, [{ ...module, sha256: 'c'.repeat(64) }]).result, 'refused');
});

function small(): RoundRecord {
  const candidates = [1, 2, 3, 4].map((n) =>
    goodRecord(n, {
      selfStake: known(BigInt(50_000 - n * 1_000) * DOT, 'staking'),
      ...(n === 4 ? { validating: known(false, 'staking') } : {}),
    }),
  );
  const snapshot = snapshotOf(candidates, {
    nominators: [goodNominator(0, { active: known(5_000_000n * DOT, 'staking') })],
  });
  const plan = planRound(snapshot, programme());
  assert.ok(plan.ok);
  return plan.record;
}

test('a name that looks like another candidate’s key or slot does not select that candidate', () => {
  const record = small();
  const fooled = {
    ...record,
    candidates: record.candidates.map((one, at) => (at === 3 ? { ...one, name: '#1' } : one)),
  };
  assert.equal(explain(fooled, '#1')?.candidate.slotId, 1);
});

test('every decision of a record is one of the list, and undecided candidates get a reason', () => {
  const { candidates } = JSON.parse(stored('codes').record) as RoundRecord;
  for (const { decision, eligible, score } of candidates) {
    assert.ok(decision.code in DECISIONS && decision.detail !== '');
    assert.equal(score !== null, eligible);
  }
  assert.ok(candidates.some(({ decision }) => decision.code === 'undecided'));
});

test('backtest: with the same rules nothing changes', () => {
  const rounds = ['a', 'b'].map((seed) => stored(seed));
  const { weights } = programme();
  const { rounds: results, candidates, unreadable } = backtest(rounds, { weights });
  assert.deepEqual([candidates, unreadable, results.length], [[], [], 2]);
});

test('backtest: other weights show gains and losses, and how many of the lost were elected', () => {
  const rounds = ['a', 'b', 'c'].map((seed) => stored(seed));
  const { weights } = programme();
  const zero = Object.fromEntries(
    Object.keys(weights.weights).map((name) => [name, name === 'rank' ? 1 : 0]),
  );
  const targets = rounds.map(({ record }) =>
    (JSON.parse(record) as RoundRecord).nominators.flatMap((one) => one.targets),
  );
  const withOutcome = rounds.map((round, at) => ({
    ...round,
    aftermath: {
      transactions: [],
      outcomes: [{ era: 2_202, elected: [...(targets[at] ?? [])], points: {} }],
    },
  }));
  const result = backtest([...withOutcome, { ...stored('d'), record: '{}' }], {
    weights: { version: 'rank only', weights: zero as typeof weights.weights },
  });
  assert.deepEqual(result.unreadable, [3]);
  for (const { gained, lost, lostElected } of result.rounds) {
    assert.ok(gained.length > 0);
    assert.equal(gained.length, lost.length);
    assert.equal(lostElected, lost.length);
  }
  const sum = (pick: (one: { gained: number; lost: number }) => number) =>
    result.candidates.reduce((total, one) => total + pick(one), 0);
  assert.equal(
    sum(({ gained }) => gained),
    result.rounds.flatMap(({ gained }) => gained).length,
  );
  assert.equal(
    sum(({ lost }) => lost),
    result.rounds.flatMap(({ lost }) => lost).length,
  );
});

test('backtest: rules that do not fit the programme of a round are a refusal of that round', () => {
  const tiers = [
    { name: 'gold', minimumRank: 0, minimumNominatedPeriods: 0, withoutFaults: [], faultEras: 1 },
  ];
  const nominators = programme(2).nominators.map((one) => ({ ...one, tiers: ['gold'] }));
  const { rounds } = backtest([stored('tiers', programme(2, { tiers, nominators }))], { tiers: [] });
  assert.equal(rounds[0]?.refusal?.code, 'bad-change');
  assert.deepEqual([rounds[0]?.gained, rounds[0]?.lost], [[], []]);
});
