// A flaw of RFC 12 that the profile must have, since every node has it: the heartbeat and the shuffle both
// begin with the first output of the same generator. A draw below 1/16 means that the first swap takes place
// 0, so with 16 operators or fewer the first of them is moved to the end for good, and never leads a window
// with a heartbeat.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, test } from 'node:test';
import { windowOf } from '../window.ts';
import { MAINNET_ERAS } from './eras.ts';
import { plannerFor } from './plan.ts';
import { RFC12_WINDOWS } from './windows.ts';

const WINDOWS = 12_000;

/**
 * How often each place of the sorted list led: with a heartbeat on the checklist, and in all other windows.
 */
interface Led {
  readonly heartbeat: readonly number[];
  readonly other: readonly number[];
}

const known = new Map<number, Led>();

function leaders(operatorCount: number): Led {
  const led = known.get(operatorCount) ?? countLeaders(operatorCount);
  known.set(operatorCount, led);
  return led;
}

function countLeaders(operatorCount: number): Led {
  const operators = Array.from({ length: operatorCount }, (_, i) => `0x${String(i).padStart(3, '0')}`);
  const plan = plannerFor({ keyHash: new Uint8Array(20).fill(operatorCount), operators }, MAINNET_ERAS);
  const heartbeat = new Array<number>(operatorCount).fill(0);
  const other = new Array<number>(operatorCount).fill(0);
  for (let i = 1; i <= WINDOWS; i++) {
    const window = windowOf(RFC12_WINDOWS, BigInt(i));
    const { leader, checklist } = plan(window, createHash('sha256').update(`${i}`).digest());
    const counts = checklist.includes('heartbeat') ? heartbeat : other;
    const place = operators.indexOf(leader);
    counts[place] = (counts[place] ?? 0) + 1;
  }
  return { heartbeat, other };
}

describe('the shared draw', () => {
  for (const operatorCount of [3, 7, 16]) {
    test(`of ${operatorCount} operators the first never leads a window with a heartbeat`, () => {
      const { heartbeat } = leaders(operatorCount);
      const windows = heartbeat.reduce((sum, count) => sum + count, 0);
      assert.ok(windows > 600, `${windows} windows with a heartbeat`);
      assert.equal(heartbeat[0], 0);
      assert.ok(heartbeat.slice(1).every((count) => count > 0));
    });
  }

  test('over all windows the others make up for some of it: the first leads a sixteenth less than its share', () => {
    const { heartbeat, other } = leaders(3);
    const share = ((heartbeat[0] ?? 0) + (other[0] ?? 0)) / WINDOWS;
    // 1/3 would be fair. Five standard deviations of that many windows are 0.0215.
    assert.ok(share < 1 / 3 - 0.005, `the first operator led ${share}`);
    assert.ok(share > 1 / 3 - 0.04, `the first operator led ${share}`);
  });
});
