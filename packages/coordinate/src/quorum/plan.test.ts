import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { windowOf } from '../window.ts';
import type { QuorumSchedule, ScheduleVersion } from './group.ts';
import { windowSchedule } from './identity.ts';
import { dueItem, placeOf, planQuorum, quorumInputs } from './plan.ts';
import { fakeOperators, fakePlan, hashed, SCHEDULE, UPGRADE } from './testing/fake-operators.ts';

const [VERSION] = SCHEDULE as readonly [ScheduleVersion];

function windowAt(members: number, index: bigint) {
  const { group } = fakeOperators(members);
  return { group, window: windowOf(windowSchedule(group), index) };
}

describe('a span', () => {
  for (const members of [1, 3, 4, 7, 16, 31, 50]) {
    test(`of ${members}: each member leads once, and holds every rank once`, () => {
      const { group } = fakeOperators(members, {
        windows: { frequencyBlocks: 900n, rankBlocks: 5n, rankCount: members, certificateBlocks: 20n },
      });
      for (const span of [0, 1, 17]) {
        const plans = Array.from({ length: members }, (_, position) => {
          const window = windowOf(windowSchedule(group), BigInt(span * members + position + 1));
          return planQuorum(group, SCHEDULE, window, hashed(`span ${span}`), hashed('reference'));
        });
        const seats = Array.from({ length: members }, (_, seat) => seat);
        for (const rank of seats) {
          const held = plans.map(({ leaders }) => leaders[rank] ?? -1);
          assert.deepEqual(
            held.toSorted((a, b) => a - b),
            seats,
          );
        }
        assert.deepEqual(
          plans.map(({ span: of, position }) => [of, position]),
          seats.map((position) => [BigInt(span), position]),
        );
      }
    });
  }
});

describe('a plan', () => {
  test('is of the version in force at its first block', () => {
    const later: ScheduleVersion = {
      ...VERSION,
      version: 5,
      fromHeight: 1_801n,
      seedSource: 'epoch-randomness',
      agenda: [],
    };
    const schedule: QuorumSchedule = [VERSION, later];
    const versions = [1n, 2n, 3n].map((index) => fakePlan(fakeOperators(4), index, schedule).version.version);
    assert.deepEqual(versions, [1, 1, 5]);
    const { group, window } = windowAt(4, 3n);
    assert.deepEqual(quorumInputs(group, schedule, window), [
      { kind: 'epoch-randomness', height: 900n },
      { kind: 'block-hash', height: 2_700n },
    ]);
    assert.deepEqual(fakePlan(fakeOperators(4), 3n, schedule).checklist, []);
  });

  test('needs inputs of 32 bytes', () => {
    const { group, window, seedInput } = fakePlan(fakeOperators(7), 12n);
    const short = new Uint8Array(31);
    assert.throws(() => planQuorum(group, SCHEDULE, window, short, seedInput), /32 bytes/);
    assert.throws(() => planQuorum(group, SCHEDULE, window, seedInput, short), /32 bytes/);
  });
});

test('under an input that may be another one, an action is due if the plan says so', () => {
  const plan = fakePlan(fakeOperators(4), 2n);
  const place = placeOf(plan.group, SCHEDULE, plan.window);
  assert.deepEqual(dueItem(place, plan.seedInput, 'upgrade'), UPGRADE);
  assert.equal(dueItem(place, plan.seedInput, 'rotate'), null);
  assert.equal(dueItem(place, plan.seedInput, 'unknown'), null);
});
