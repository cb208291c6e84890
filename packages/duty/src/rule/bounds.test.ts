import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  type Base,
  type CeilingPolicy,
  clockCeiling,
  compareUnits,
  DUTIES,
  isPast,
  lowestBound,
  NO_BASE,
  type Observation,
  observedBase,
  observedCeiling,
  slotBase,
  type Unit,
  underBase,
  withinCeiling,
} from './index.ts';
import { dutyNamed, samplePolicy } from './testing/samples.ts';

const babe = dutyNamed('babe');
const auraBlocks = dutyNamed('aura-blocks');
const grandpa = dutyNamed('grandpa');
const beefy = dutyNamed('beefy');
const imOnline = dutyNamed('im-online');
/** Slots of 6 s, a skew of 1 s, steps of 16 rounds, 16 blocks and 1 session. */
const { ceilings } = samplePolicy();

function seen(observer: string, change: Partial<Observation> = {}): Observation {
  const nothing = { finalizedBlock: null, setId: null, beefySetId: null, round: null, session: null };
  return { observer, ...nothing, ...change };
}
const at = (observer: string, setId: bigint, round: bigint) => seen(observer, { setId, round });

describe('the lowest new slot', () => {
  const lowest = (nowMs: number, policy: CeilingPolicy = ceilings) =>
    lowestBound(babe, policy, nowMs, [], 'ann');

  test('is never negative, before genesis neither', () => {
    for (const nowMs of [-10_000_000, 0, 6_000, 17_000]) assert.deepEqual(lowest(nowMs), [0n]);
    assert.deepEqual(lowest(600_000, { ...ceilings, genesisMs: 900_000 }), [0n]);
  });

  test('bounds no number inside a slot', () => {
    assert.deepEqual(lowestBound(auraBlocks, ceilings, 601_000, [], 'ann'), [98n, 0n]);
  });

  test('is ten slots before it where slots are those of relay parents', () => {
    const parachain = dutyNamed('aura-parachain');
    assert.deepEqual(lowestBound(parachain, ceilings, 601_000, [], 'ann'), [90n, 0n, 0n]);
    assert.equal(isPast(parachain, [90n, 0n, 0n], [90n, 0n, 0n]), false);
    assert.equal(isPast(parachain, [90n, 0n, 0n], [89n, 9n, 9n]), true);
  });

  test('never denies the slot of the clock, so that no sane claim is refused', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 2 ** 40 }),
        fc.integer({ min: 0, max: 60_000 }),
        (nowMs, skew) => {
          const policy = { ...ceilings, allowedSkewMs: skew };
          const due = [BigInt(Math.floor(nowMs / policy.slotMs))];
          assert.equal(isPast(babe, lowestBound(babe, policy, nowMs, [], 'ann'), due), false);
        },
      ),
    );
  });
});

describe('the lowest new round, block and session', () => {
  const of = (duty: typeof babe, observations: readonly Observation[], policy: CeilingPolicy = ceilings) =>
    lowestBound(duty, policy, 0, observations, 'ann');

  test('rounds: eight below the highest of others, or what the policy says, and no round of an older set', () => {
    const reports = [at('bob', 4n, 900n), at('cat', 5n, 100n), at('dan', 5n, 7n), at('ann', 9n, 9n)];
    assert.deepEqual(of(grandpa, reports), [5n, 92n]);
    assert.deepEqual(of(grandpa, reports, { ...ceilings, roundsBack: 2 }), [5n, 98n]);
    assert.deepEqual(of(grandpa, [at('bob', 5n, 7n)]), [5n, 0n]);
    const past = (unit: Unit) => isPast(grandpa, of(grandpa, reports), unit);
    assert.deepEqual(
      [past([5n, 91n]), past([5n, 92n]), past([4n, 901n]), past([6n, 0n])],
      [true, false, true, false],
    );
  });

  test('blocks: 600 below the highest, in whichever set, for they go on counting across sets', () => {
    const lowest = of(beefy, [seen('bob', { beefySetId: 5n, finalizedBlock: 1_000n })]);
    const past = (unit: Unit) => isPast(beefy, lowest, unit);
    assert.deepEqual(
      [past([5n, 399n]), past([5n, 400n]), past([4n, 400n]), past([4n, 399n])],
      [true, false, false, true],
    );
    assert.deepEqual(of(beefy, [seen('bob', { beefySetId: 5n, finalizedBlock: 10n })])?.at(-1), 0n);
  });

  test('sessions: one step below the highest', () => {
    assert.deepEqual(of(imOnline, [seen('bob', { session: 30n }), seen('cat', { session: 12n })]), [29n]);
    assert.deepEqual(of(imOnline, [seen('bob', { session: 0n })]), [0n]);
  });

  test('is null while no other observer has reported, and no unit is past then', () => {
    for (const duty of [grandpa, beefy, imOnline]) {
      for (const reports of [
        [],
        [seen('bob')],
        [at('ann', 5n, 100n)],
        [seen('bob', { setId: 5n, finalizedBlock: 4n })],
      ])
        assert.equal(of(duty, reports), null);
      assert.equal(
        isPast(
          duty,
          null,
          duty.fields.map(() => 0n),
        ),
        false,
      );
    }
  });
});

describe('the base of slots', () => {
  test('covers nothing if the session opened before genesis: no slot can have been granted', () => {
    assert.deepEqual(slotBase(babe, { ...ceilings, genesisMs: 900_000 }, 600_000), NO_BASE);
  });

  test('covers every slot that an earlier self could grant by a clock that was not ahead', () => {
    const time = fc.integer({ min: 0, max: 2 ** 40 });
    fc.assert(
      fc.property(time, time, (a, b) => {
        const [granted, opened] = [Math.min(a, b), Math.max(a, b)];
        const ceiling = clockCeiling(babe, ceilings, granted);
        assert.ok(ceiling.kind === 'at');
        for (const unit of ceiling.highest)
          assert.equal(underBase(slotBase(babe, ceilings, opened), unit), 'covered');
      }),
    );
  });
});

describe('the base of rounds, blocks and sessions', () => {
  test('is unknown without a report of another observer, whatever the claimant reported', () => {
    for (const reports of [[], [at('ann', 5n, 100n)], [at('ann', 5n, 100n), seen('bob', { setId: 5n })]]) {
      const base = observedBase(grandpa, reports, 'ann');
      assert.ok(base.kind === 'unknown');
      assert.match(base.why, /other than ann .* since the session began/);
    }
  });

  test('covers whatever an earlier self could grant by reports that were not higher, under any policy', () => {
    const small = fc.bigInt(0n, 40n);
    const report = fc.record({
      observer: fc.constantFrom('bob', 'cat'),
      setId: small,
      beefySetId: small,
      round: small,
      session: small,
      finalizedBlock: fc.constant(0n),
    });
    // Sane chains: the block rises with the set.
    const sane = report.map((one) => ({ ...one, finalizedBlock: one.beefySetId * 100n + one.round }));
    const steps = fc.constantFrom(1, 2, 16, 64, 100_000);
    for (const duty of DUTIES.filter((each) => each.ceiling === 'observed')) {
      fc.assert(
        fc.property(fc.array(sane, { minLength: 1, maxLength: 4 }), sane, steps, (first, before, step) => {
          const reports = [...first, { ...before, observer: 'bob' }];
          const wider = { ...ceilings, roundStep: step, blockStep: step, sessionStep: step };
          const ceiling = observedCeiling(duty, wider, [before], 'ann');
          const base: Base = observedBase(duty, reports, 'ann');
          assert.ok(ceiling.kind === 'at' && base.kind === 'at');
          for (const unit of ceiling.highest) assert.equal(underBase(base, unit), 'covered');
        }),
      );
    }
  });
});

test('a unit lies above, at or below a base just as it lies above or within a ceiling', () => {
  const unit = fc.tuple(fc.bigInt(0n, 6n), fc.bigInt(0n, 20n));
  fc.assert(
    fc.property(fc.array(unit, { minLength: 1, maxLength: 3 }), unit, (highest, asked) => {
      const within = withinCeiling({ kind: 'at', highest }, asked);
      assert.equal(underBase({ kind: 'at', highest }, asked), within ? 'covered' : 'above');
      const top = highest.toSorted(compareUnits).at(-1) ?? assert.fail();
      if (compareUnits(asked, top) > 0) assert.equal(within, false);
    }),
  );
  assert.equal(underBase(NO_BASE, [0n]), 'above');
  assert.equal(underBase({ kind: 'unknown', why: 'silence' }, [0n]), 'unknown');
});
