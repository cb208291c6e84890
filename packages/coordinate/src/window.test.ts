import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { RFC12_WINDOWS } from './rfc12/windows.ts';
import { isAfter, lastWindow, scheduleProblem, windowIndex, windowOf } from './window.ts';

const at = (index: bigint) => windowOf(RFC12_WINDOWS, index);

describe("windows, as keep-core's tests expect them", () => {
  test('the window of block 900 is active until 980 and ends at 1000', () => {
    assert.deepEqual(at(1n), { index: 1n, block: 900n, activeEnd: 980n, end: 1000n });
  });

  test('a window is after none and after earlier ones only', () => {
    assert.equal(isAfter(at(2n), null), true);
    assert.equal(isAfter(at(2n), at(1n)), true);
    assert.equal(isAfter(at(2n), at(2n)), false);
    assert.equal(isAfter(at(2n), at(3n)), false);
  });

  for (const [block, index] of [
    [0n, 0n],
    [900n, 1n],
    [1800n, 2n],
    [9000n, 10n],
    [9001n, 0n],
  ] as const) {
    test(`block ${block} has index ${index}`, () => assert.equal(windowIndex(RFC12_WINDOWS, block), index));
  }
});

describe('windows in general', () => {
  test('a height lies in or after the last window that began', () => {
    assert.equal(lastWindow(RFC12_WINDOWS, 0n), null);
    assert.equal(lastWindow(RFC12_WINDOWS, 899n), null);
    assert.equal(lastWindow(RFC12_WINDOWS, 900n)?.index, 1n);
    assert.equal(lastWindow(RFC12_WINDOWS, 1799n)?.index, 1n);
    assert.equal(lastWindow(RFC12_WINDOWS, 1800n)?.index, 2n);
  });

  test('negative heights and indices below 1 have no window', () => {
    assert.equal(windowIndex(RFC12_WINDOWS, -900n), 0n);
    assert.equal(lastWindow(RFC12_WINDOWS, -1800n), null);
    assert.throws(() => at(0n), RangeError);
  });

  test('schedules that cannot work are named', () => {
    assert.equal(scheduleProblem(RFC12_WINDOWS), null);
    assert.match(
      String(scheduleProblem({ ...RFC12_WINDOWS, frequencyBlocks: 0n })),
      /frequencyBlocks must be 1 or more/,
    );
    assert.match(String(scheduleProblem({ ...RFC12_WINDOWS, activeBlocks: 0n })), /active phase/);
    assert.match(
      String(scheduleProblem({ ...RFC12_WINDOWS, activeBlocks: 901n })),
      /end before the next window/,
    );
  });
});
