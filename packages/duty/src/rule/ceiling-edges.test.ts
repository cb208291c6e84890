import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { clockCeiling, type Observation, observedCeiling, type Unit, withinCeiling } from './index.ts';
import { dutyNamed, samplePolicy } from './testing/samples.ts';

const policy = { ...samplePolicy().ceilings, genesisMs: 10_000 };
const imOnline = dutyNamed('im-online');

function sawSession(observer: string, session: bigint | null): Observation {
  return { observer, finalizedBlock: null, setId: null, beefySetId: null, round: null, session };
}

test('rounds and blocks have separate steps', () => {
  const seen: Observation = {
    ...sawSession('bob', null),
    ...{ setId: 5n, round: 7n, beefySetId: 5n, finalizedBlock: 7n },
  };
  const highest = (duty: string) =>
    observedCeiling(dutyNamed(duty), { ...policy, roundStep: 2, blockStep: 3 }, [seen], 'ann');
  assert.deepEqual(highest('grandpa'), {
    kind: 'at',
    highest: [
      [5n, 9n],
      [6n, 2n],
    ],
  });
  assert.deepEqual(highest('beefy'), {
    kind: 'at',
    highest: [
      [5n, 10n],
      [6n, 10n],
    ],
  });
});

describe('a unit of the higher set is bounded by its own set, in whichever order the bounds are listed', () => {
  const bounds: readonly Unit[] = [
    [5n, 20n],
    [6n, 16n],
  ];
  for (const highest of [bounds, bounds.toReversed()]) {
    test(`${highest.join(' and ')}`, () => {
      const admits = (unit: Unit) => withinCeiling({ kind: 'at', highest }, unit);
      assert.deepEqual([admits([6n, 16n]), admits([6n, 17n])], [true, false]);
      assert.deepEqual([admits([5n, 20n]), admits([5n, 21n])], [true, false]);
    });
  }
});

describe('an unknown ceiling says why', () => {
  test('before genesis', () => {
    assert.deepEqual(clockCeiling(dutyNamed('babe'), policy, 0), {
      kind: 'unknown',
      why: 'the chain has not begun by the clock of the service',
    });
  });

  test('without another observer of rounds: the text names the claimant', () => {
    const ceiling = observedCeiling(dutyNamed('grandpa'), policy, [], 'ann');
    assert.deepEqual(ceiling, { kind: 'unknown', why: 'no observer other than ann has reported' });
  });

  test('without a session', () => {
    const ceiling = observedCeiling(imOnline, policy, [sawSession('bob', null)], 'ann');
    assert.deepEqual(ceiling, { kind: 'unknown', why: 'no other observer has reported a session' });
  });
});
