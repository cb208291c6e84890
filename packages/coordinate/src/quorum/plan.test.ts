import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { windowOf } from '../window.ts';
import type { QuorumSchedule, ScheduleVersion } from './group.ts';
import { windowSchedule } from './identity.ts';
import { dueItem, leaderAt, placeOf, planQuorum, quorumInputs } from './plan.ts';
import {
  fakeOperators,
  fakePlan,
  HEARTBEAT,
  hashed,
  ROTATE,
  SCHEDULE,
  UPGRADE,
} from './testing/fake-operators.ts';

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

  test('has one input for all of its windows, at the first of them', () => {
    const heights = [1n, 2n, 3n, 4n, 5n, 8n, 9n].map((index) => {
      const { group, window } = windowAt(4, index);
      return quorumInputs(group, SCHEDULE, window).map(({ height }) => height / 900n);
    });
    assert.deepEqual(heights, [
      [1n, 1n],
      [1n, 2n],
      [1n, 3n],
      [1n, 4n],
      [5n, 5n],
      [5n, 8n],
      [9n, 9n],
    ]);
  });
});

describe('a plan', () => {
  const base = () => fakePlan(fakeOperators(7), 12n);

  test('is the same for the same inputs, and another for another input, group, version or span', () => {
    const { group, window, seedInput, referenceHash, seed } = base();
    assert.deepEqual(base(), base());
    const others = [
      planQuorum(group, SCHEDULE, window, hashed('another'), referenceHash),
      planQuorum({ ...group, name: 'another' }, SCHEDULE, window, seedInput, referenceHash),
      planQuorum({ ...group, genesis: hashed('another') }, SCHEDULE, window, seedInput, referenceHash),
      planQuorum(group, [{ ...VERSION, version: 2 }], window, seedInput, referenceHash),
      fakePlan(fakeOperators(7), 15n),
    ];
    const seeds = [seed, ...others.map((other) => other.seed)].map((bytes) =>
      Buffer.from(bytes).toString('hex'),
    );
    assert.equal(new Set(seeds).size, seeds.length);
  });

  test('names the reference block, and otherwise does not depend on it', () => {
    const { group, window, seedInput, referenceHash, ...rest } = base();
    const other = planQuorum(group, SCHEDULE, window, seedInput, hashed('another reference'));
    assert.deepEqual({ ...other, referenceHash }, { group, window, seedInput, referenceHash, ...rest });
  });

  test('determines when an action is due: every n-th window with an offset, or by a draw', () => {
    const dueIn = (index: bigint) => fakePlan(fakeOperators(4), index).checklist.map(({ action }) => action);
    const all = Array.from({ length: 400 }, (_, i) => dueIn(BigInt(i + 1)));
    assert.ok(all.every((due) => due.includes('upgrade')));
    assert.ok(all.every((due, i) => due.includes('rotate') === ((i + 1) % 2 === 1)));
    const heartbeats = all.filter((due) => due.includes('heartbeat')).length;
    // 25 are expected; four standard deviations are 19.
    assert.ok(heartbeats > 5 && heartbeats < 45, `${heartbeats} heartbeats`);
    const order = [UPGRADE, HEARTBEAT, ROTATE].map(({ action }) => action);
    assert.ok(all.every((due) => due.join() === order.filter((action) => due.includes(action)).join()));
  });

  test('draws for each window and each action apart', () => {
    const agenda = ['a', 'b'].map((action) => ({ ...HEARTBEAT, action }));
    const schedule = [{ ...VERSION, agenda }];
    const draws = [1n, 2n, 3n, 4n].flatMap((index) =>
      fakePlan(fakeOperators(4), index, schedule).due.map(({ draw }) => draw),
    );
    assert.equal(new Set(draws).size, 8);
  });

  test('needs inputs of 32 bytes', () => {
    const { group, window, seedInput } = base();
    const short = new Uint8Array(31);
    assert.throws(() => planQuorum(group, SCHEDULE, window, short, seedInput), /32 bytes/);
    assert.throws(() => planQuorum(group, SCHEDULE, window, seedInput, short), /32 bytes/);
  });

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
});

describe('under an input that may be another one', () => {
  test('the leader of each rank is the one of the plan', () => {
    const { group, window, seedInput, leaders } = fakePlan(fakeOperators(7), 12n);
    assert.deepEqual(
      leaders.map((_, rank) => leaderAt(group, SCHEDULE, window, seedInput, rank)),
      leaders,
    );
  });

  test('an action is due if the plan says so', () => {
    const plan = fakePlan(fakeOperators(4), 2n);
    const place = placeOf(plan.group, SCHEDULE, plan.window);
    assert.deepEqual(dueItem(place, plan.seedInput, 'upgrade'), UPGRADE);
    assert.equal(dueItem(place, plan.seedInput, 'rotate'), null);
    assert.equal(dueItem(place, plan.seedInput, 'unknown'), null);
  });
});
