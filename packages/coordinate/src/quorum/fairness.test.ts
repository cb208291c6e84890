// The draw of an action must say nothing about who leads. In RFC 12 both begin with the same output of the same generator; here each
// has a domain of its own. One measure for both, so that it is shown to see the flaw. All seeds are fixed.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, test } from 'node:test';
import { MAINNET_ERAS } from '../rfc12/eras.ts';
import { plannerFor } from '../rfc12/plan.ts';
import { RFC12_WINDOWS } from '../rfc12/windows.ts';
import { windowOf } from '../window.ts';
import { fakeOperators, HEARTBEAT } from './fake-operators.ts';
import type { QuorumSchedule } from './group.ts';
import { windowSchedule } from './identity.ts';
import { planQuorum } from './plan.ts';

const SIZES = [3, 4, 7, 16, 20, 40];
const WINDOWS = 8_000;
/** With a heartbeat the first swap is always the same in groups up to this size; beyond, more windows are needed to see it. */
const SHARED_UP_TO = 16;

/** Who led a window, and whether it had a heartbeat. */
interface Sample {
  readonly leader: number;
  readonly heartbeat: boolean;
}

const inputOf = (members: number, i: number) =>
  Uint8Array.from(createHash('sha256').update(`fairness ${members} ${i}`).digest());

function rfc12Samples(members: number): readonly Sample[] {
  const operators = Array.from({ length: members }, (_, i) => `0x${String(i).padStart(3, '0')}`);
  const plan = plannerFor({ keyHash: new Uint8Array(20).fill(members), operators }, MAINNET_ERAS);
  return Array.from({ length: WINDOWS }, (_, i) => {
    const { leader, checklist } = plan(windowOf(RFC12_WINDOWS, BigInt(i + 1)), inputOf(members, i));
    return { leader: operators.indexOf(leader), heartbeat: checklist.includes('heartbeat') };
  });
}

/** One window of each span, at changing positions: inside a span the leaders are a permutation, so no sample of a draw. */
function quorumSamples(members: number): readonly Sample[] {
  const { group } = fakeOperators(members);
  const schedule: QuorumSchedule = [
    { version: 1, fromHeight: 0n, seedSource: 'block-hash', stageBlocks: 5n, agenda: [HEARTBEAT] },
  ];
  return Array.from({ length: WINDOWS }, (_, i) => {
    const index = BigInt(i * members + (i % members) + 1);
    const window = windowOf(windowSchedule(group), index);
    const { leaders, checklist } = planQuorum(group, schedule, window, inputOf(members, i), inputOf(0, 0));
    return { leader: leaders[0] ?? -1, heartbeat: checklist.length > 0 };
  });
}

/** Pearson's chi-square of counts against what is expected of them. */
function chiSquare(cells: readonly { readonly count: number; readonly expected: number }[]): number {
  return cells.reduce((sum, { count, expected }) => sum + (count - expected) ** 2 / expected, 0);
}

/**
 * What chi-square exceeds once in 30,000 times, by Wilson and Hilferty: four standard deviations of a normal variable.
 */
function threshold(freedom: number): number {
  const part = 2 / (9 * freedom);
  return freedom * (1 - part + 4 * Math.sqrt(part)) ** 3;
}

/** How far the leaders are from uniform, and leader and heartbeat from independent, in parts of what is tolerated: above 1 is too much. */
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
  // 500 are expected; five standard deviations are 108.
  assert.ok(heartbeats > 392 && heartbeats < 608, `${heartbeats} heartbeats`);
  assert.ok(leaders < 1, `the leaders are not uniform: ${leaders} of what is tolerated`);
  assert.ok(dependence < 1, `leader and heartbeat depend: ${dependence} of what is tolerated`);
}

describe('in `quorum` the leader is drawn fairly, and the heartbeat apart from it', () => {
  for (const members of SIZES) {
    test(`${members} members`, () => assertFair(members, quorumSamples(members)));
  }
});

describe('the same measure sees the flaw of `rfc12`', () => {
  for (const members of SIZES.filter((size) => size <= SHARED_UP_TO)) {
    test(`${members} operators`, () => {
      assert.throws(
        () => assertFair(members, rfc12Samples(members)),
        /leader and heartbeat depend|not uniform/,
      );
      const { dependence } = unfairness(members, rfc12Samples(members));
      assert.ok(dependence > 1, `leader and heartbeat: ${dependence} of what is tolerated`);
    });
  }
});
