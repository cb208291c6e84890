import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  type Arrival,
  type Ceiling,
  type CeilingPolicy,
  clockCeiling,
  compareUnits,
  type Duty,
  formatUnit,
  maxUnit,
  type Observation,
  observedCeiling,
  slotCeiling,
  slotStartMs,
  type Unit,
  withinCeiling,
} from './index.ts';
import { adopted, ask, dutyNamed, sampleClaim, samplePolicy } from './testing/samples.ts';

const U64 = (1n << 64n) - 1n;
const U32 = (1n << 32n) - 1n;
const policy: CeilingPolicy = {
  ...samplePolicy().ceilings,
  genesisMs: 10_000,
  slotMs: 6_000,
  allowedSkewMs: 1_000,
  roundStep: 16,
  blockStep: 16,
  sessionStep: 2,
};
const grandpa = dutyNamed('grandpa');
const beefy = dutyNamed('beefy');
const imOnline = dutyNamed('im-online');

function saw(observer: string, seen: Partial<Observation>): Observation {
  const nothing = { finalizedBlock: null, setId: null, beefySetId: null, round: null, session: null };
  return { ...nothing, ...seen, observer };
}

function admits(ceiling: Ceiling, unit: Unit): boolean {
  assert.equal(ceiling.kind, 'at');
  return ceiling.kind === 'at' && withinCeiling(ceiling, unit);
}

describe('slots: the service clock plus the allowed skew', () => {
  test('a clock does not bound the block number inside a slot', () => {
    const duty = dutyNamed('aura-blocks');
    const ceiling = clockCeiling(duty, policy, slotStartMs(policy, 5n));
    assert.deepEqual(ceiling, { kind: 'at', highest: [[5n, U32]] });
    assert.deepEqual(
      [admits(ceiling, [5n, U32]), admits(ceiling, [4n, U32]), admits(ceiling, [6n, 0n])],
      [true, true, false],
    );
  });

  test('a later clock never admits less', () => {
    const time = fc.integer({ min: 10_000, max: 10_000_000 });
    fc.assert(
      fc.property(time, time, fc.bigInt(0n, 2_000n), (a, b, slot) => {
        const duty = dutyNamed('babe');
        const [sooner, later] = [Math.min(a, b), Math.max(a, b)];
        if (admits(clockCeiling(duty, policy, sooner), [slot]))
          assert.ok(admits(clockCeiling(duty, policy, later), [slot]));
      }),
    );
  });
});

describe('slots: the blocks that other observers saw arrive', () => {
  const ms = slotStartMs(policy, 1_000n);
  const top = (arrivals: readonly Arrival[], name = 'babe') => {
    const ceiling = slotCeiling(dutyNamed(name), policy, ms, arrivals, 'ann');
    return ceiling.kind === 'at' ? ceiling.highest[0]?.[0] : ceiling.kind;
  };
  const arrival = (slot: bigint, ageMs = 0, observer = 'bob') => ({ observer, slot, ageMs });

  test('sixteen slots above the newest one, and the slots since then; never above the clock', () => {
    assert.deepEqual([top([arrival(400n)]), top([arrival(400n, 59_999)])], [416n, 425n]);
    assert.deepEqual(
      [top([arrival(984n)]), top([arrival(983n)]), top([arrival(2_000n)])],
      [1_000n, 999n, 1_000n],
    );
    assert.deepEqual(
      [top([arrival(400n), arrival(500n, 0, 'cat')]), top([arrival(400n), arrival(990n)])],
      [516n, 1_000n],
    );
    assert.deepEqual(top([arrival(400n)], 'aura-blocks'), 416n);
    const ceiling = slotCeiling(dutyNamed('babe'), policy, ms, [arrival(400n)], 'ann');
    const { detail } = {
      detail: '',
      ...ask(adopted(dutyNamed('babe')), sampleClaim(dutyNamed('babe'), [417n]), { ceiling }),
    };
    assert.match(detail, /shows slot 1000, and by the blocks .* above 416 is due/);
  });

  test('the clock alone bounds without an arrival, by that of the claimant, after ten minutes, and for relay slots', () => {
    const old = [arrival(400n, 600_001)];
    for (const none of [[], [arrival(400n, 0, 'ann')], old]) assert.equal(top(none), 1_000n);
    assert.equal(top([arrival(400n, 600_000)]), 516n);
    for (const name of ['aura-parachain', 'aura-scheduling'])
      assert.equal(top([arrival(400n)], name), 1_000n);
    assert.equal(slotCeiling(dutyNamed('babe'), policy, 0, [arrival(1n)], 'ann').kind, 'unknown');
  });
});

describe('rounds, blocks and sessions: a bounded step above what somebody else saw', () => {
  test("the claimant's own report never counts", () => {
    const own = [saw('ann', { setId: 5n, beefySetId: 5n, round: 900n, finalizedBlock: 900n, session: 900n })];
    for (const duty of [grandpa, beefy, imOnline]) {
      assert.equal(observedCeiling(duty, policy, own, 'ann').kind, 'unknown');
      const both = [
        ...own,
        saw('bob', { setId: 5n, beefySetId: 5n, round: 9n, finalizedBlock: 9n, session: 9n }),
      ];
      const ahead: Unit = duty === imOnline ? [200n] : [5n, 200n];
      assert.equal(admits(observedCeiling(duty, policy, both, 'ann'), ahead), false);
    }
  });

  test('rounds and blocks have separate steps', () => {
    const seen = saw('bob', { setId: 5n, round: 7n, beefySetId: 5n, finalizedBlock: 7n });
    const highest = (duty: Duty) => {
      const ceiling = observedCeiling(duty, { ...policy, roundStep: 2, blockStep: 3 }, [seen], 'ann');
      return ceiling.kind === 'at' ? ceiling.highest.map(formatUnit) : ceiling.kind;
    };
    assert.deepEqual(highest(grandpa), ['5/9', '6/2']);
    assert.deepEqual(highest(beefy), ['5/10', '6/10']);
  });

  test('an unknown ceiling says why', () => {
    const unknown = (why: string) => ({ kind: 'unknown', why });
    const before = 'the chain has not begun by the clock of the service';
    assert.deepEqual(clockCeiling(dutyNamed('babe'), policy, 0), unknown(before));
    const other = unknown('no observer other than ann has reported');
    assert.deepEqual(observedCeiling(grandpa, policy, [], 'ann'), other);
    const session = unknown('no other observer has reported a session');
    assert.deepEqual(observedCeiling(imOnline, policy, [saw('bob', { session: null })], 'ann'), session);
  });

  test('a ceiling never passes the width of a unit', () => {
    const top = [saw('bob', { setId: U64, beefySetId: U64, round: U64, finalizedBlock: U32, session: U32 })];
    for (const duty of [grandpa, beefy, imOnline]) {
      const ceiling = observedCeiling(duty, policy, top, 'ann');
      assert.deepEqual(ceiling, { kind: 'at', highest: [maxUnit(duty.fields)] });
      assert.ok(admits(ceiling, maxUnit(duty.fields)));
    }
    const last = observedCeiling(grandpa, policy, [saw('bob', { setId: U64 - 1n, round: 1n })], 'ann');
    assert.deepEqual([admits(last, [U64, 16n]), admits(last, [U64, 17n])], [true, false]);
  });

  test('what lies within no bounded step of any observation is never admitted', () => {
    const report = fc.record({ setId: fc.bigInt(0n, 9n), round: fc.bigInt(0n, 300n) });
    fc.assert(
      fc.property(
        fc.array(report, { minLength: 1 }),
        fc.bigInt(0n, 11n),
        fc.bigInt(0n, 400n),
        (reports, set, round) => {
          const seen = reports.map((each, index) => saw(`observer-${index}`, each));
          const near = reports.some(
            (each) =>
              compareUnits([set, round], [each.setId, each.round + 16n]) <= 0 ||
              (set === each.setId + 1n && round <= 16n),
          );
          const ceiling = observedCeiling(grandpa, policy, seen, 'ann');
          if (admits(ceiling, [set, round])) assert.ok(near, `${set}/${round} is ahead of everything seen`);
        },
      ),
    );
  });
});

describe('within the ceiling', () => {
  test('a ceiling that names no unit admits none', () => {
    assert.equal(withinCeiling({ kind: 'at', highest: [] }, [0n]), false);
  });

  test('the order of the bounds does not matter', () => {
    const bounds: readonly Unit[] = [
      [5n, 20n],
      [6n, 16n],
    ];
    const unit = fc.tuple(fc.bigInt(3n, 8n), fc.bigInt(0n, 30n));
    fc.assert(
      fc.property(unit, (tuple) => {
        const [set, round] = tuple;
        const right = set < 5n || (set === 5n && round <= 20n) || (set === 6n && round <= 16n);
        assert.equal(withinCeiling({ kind: 'at', highest: bounds }, tuple), right);
        assert.equal(withinCeiling({ kind: 'at', highest: bounds.toReversed() }, tuple), right);
      }),
    );
  });
});
