// The draw of an action must be independent of the draw of the leader. In RFC 12 both begin with the same
// output of the same generator; in quorum each has its own domain. One measure for both shows that the
// measure sees the flaw. Each seed adds windows to one sample, which is measured once: more windows show a
// smaller flaw.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, test } from 'node:test';
import { seedBudget } from '@watchbill/kit/testing';
import { MAINNET_ERAS } from '../rfc12/eras.ts';
import { plannerFor } from '../rfc12/plan.ts';
import { RFC12_WINDOWS } from '../rfc12/windows.ts';
import { windowOf } from '../window.ts';
import type { QuorumSchedule } from './group.ts';
import { windowSchedule } from './identity.ts';
import { planQuorum } from './plan.ts';
import { fakeOperators, HEARTBEAT } from './testing/fake-operators.ts';

const SIZES = [3, 4, 7, 16, 20, 40];
/** Windows of one seed. */
const WINDOWS = 1_000;
const MIN_SEEDS = 8;
/** Windows of the control, whose seeds are fixed. */
const CONTROL_WINDOWS = MIN_SEEDS * WINDOWS;
/**
 * With a heartbeat the first swap is always the same in groups up to this size. In larger groups the measure
 * needs more windows to see it.
 */
const SHARED_UP_TO = 16;

const budget = seedBudget('windows', null);

/** The leader of a window, and whether the window had a heartbeat. */
interface Sample {
  readonly leader: number;
  readonly heartbeat: boolean;
}

const inputOf = (name: string) => Uint8Array.from(createHash('sha256').update(`fairness ${name}`).digest());

const REFERENCE = inputOf('reference');

function rfc12Samples(members: number): readonly Sample[] {
  const operators = Array.from({ length: members }, (_, i) => `0x${String(i).padStart(3, '0')}`);
  const plan = plannerFor({ keyHash: new Uint8Array(20).fill(members), operators }, MAINNET_ERAS);
  return Array.from({ length: CONTROL_WINDOWS }, (_, i) => {
    const { leader, checklist } = plan(windowOf(RFC12_WINDOWS, BigInt(i + 1)), inputOf(`${members} ${i}`));
    return { leader: operators.indexOf(leader), heartbeat: checklist.includes('heartbeat') };
  });
}

/**
 * One window of each span, at changing positions: inside a span the leaders are a permutation, and not a
 * sample of a draw.
 */
function quorumSamples(members: number, seed: string, from: number): readonly Sample[] {
  const { group } = fakeOperators(members);
  const schedule: QuorumSchedule = [
    { version: 1, fromHeight: 0n, seedSource: 'block-hash', stageBlocks: 5n, agenda: [HEARTBEAT] },
  ];
  return Array.from({ length: WINDOWS }, (_, place) => {
    const i = from + place;
    const index = BigInt(i * members + (i % members) + 1);
    const window = windowOf(windowSchedule(group), index);
    const input = inputOf(`${members} ${seed} ${i}`);
    const { leaders, checklist } = planQuorum(group, schedule, window, input, REFERENCE);
    return { leader: leaders[0] ?? -1, heartbeat: checklist.length > 0 };
  });
}

/** Pearson's chi-square of observed counts against expected ones. */
function chiSquare(cells: readonly { readonly count: number; readonly expected: number }[]): number {
  return cells.reduce((sum, { count, expected }) => sum + (count - expected) ** 2 / expected, 0);
}

/**
 * The bound that chi-square exceeds once in 30,000 times, by Wilson and Hilferty: four standard deviations of a
 * normal variable.
 */
function threshold(freedom: number): number {
  const part = 2 / (9 * freedom);
  return freedom * (1 - part + 4 * Math.sqrt(part)) ** 3;
}

/**
 * The distance of the leaders from uniform, and of leader and heartbeat from independent, as a share of the
 * tolerance: above 1 is too much.
 */
function unfairness(members: number, samples: readonly Sample[]) {
  const total = samples.length;
  const heartbeats = samples.filter(({ heartbeat }) => heartbeat).length;
  const led = (leader: number) => samples.filter((sample) => sample.leader === leader);
  const seats = Array.from({ length: members }, (_, leader) => led(leader));
  const uniform = chiSquare(seats.map(({ length }) => ({ count: length, expected: total / members })));
  const dependent = chiSquare(
    seats.flatMap((mine) => {
      const count = mine.filter(({ heartbeat }) => heartbeat).length;
      const expected = (mine.length * heartbeats) / total;
      return [
        { count, expected },
        { count: mine.length - count, expected: mine.length - expected },
      ];
    }),
  );
  const limit = threshold(members - 1);
  return { heartbeats, leaders: uniform / limit, dependence: dependent / limit };
}

/** Fails where the samples are not those of a fair draw. */
function assertFair(members: number, samples: readonly Sample[]): void {
  const { heartbeats, leaders, dependence } = unfairness(members, samples);
  const expected = samples.length / 16;
  const tolerated = 5 * Math.sqrt((expected * 15) / 16);
  assert.ok(Math.abs(heartbeats - expected) < tolerated, `${heartbeats} heartbeats, not ${expected}`);
  assert.ok(leaders < 1, `the leaders are not uniform: ${leaders} of the tolerance`);
  assert.ok(dependence < 1, `leader and heartbeat depend: ${dependence} of the tolerance`);
}

describe('in `quorum` the leader is drawn fairly, and the heartbeat apart from it', () => {
  for (const members of SIZES) {
    test(`${members} members`, async () => {
      const samples: Sample[] = [];
      await budget.run({ share: 1 / SIZES.length, minSeeds: MIN_SEEDS }, (seed) => {
        samples.push(...quorumSamples(members, seed, samples.length));
        return WINDOWS;
      });
      assertFair(members, samples);
    });
  }
});

describe('the same measure sees the flaw of `rfc12`', () => {
  for (const members of SIZES.filter((size) => size <= SHARED_UP_TO)) {
    test(`${members} operators`, () => {
      const samples = rfc12Samples(members);
      assert.throws(() => assertFair(members, samples), /leader and heartbeat depend|not uniform/);
      const { dependence } = unfairness(members, samples);
      assert.ok(dependence > 1, `leader and heartbeat: ${dependence} of the tolerance`);
    });
  }
});
