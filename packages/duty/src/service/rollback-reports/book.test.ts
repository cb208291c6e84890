import assert from 'node:assert/strict';
import { test } from 'node:test';
import { blankEntry, type Entry, holdsKey, isFreed, isHolding } from './book.ts';
import { type Report, reportOf } from './report.ts';
import { CHAIN, KEY, OTHER, placeOf, SERVICE, wordOf } from './testing/steps.ts';

const PLACE = placeOf(wordOf(5));
const OTHER_CHAIN = `0x${'c2'.repeat(32)}`;
const HELD = reportOf(SERVICE, wordOf(5));
const RELEASE = { how: 'operator', by: 'ada', reason: 'r', atMs: 1 } as const;
const RELEASED: Report = { ...HELD, state: 'released', released: RELEASE };
const FREED = [{ chain: CHAIN, key: KEY, adoption: 'x' }];

const entryOf = (change: Partial<Entry> = {}): Entry => ({ ...blankEntry(PLACE), report: HELD, ...change });

test('an entry begins with a read of its record', () => {
  assert.deepEqual(blankEntry(PLACE), {
    ...{ recordKey: PLACE, report: null, unreadable: false, stored: null, unsaved: false, stale: true },
    ...{ call: null, resting: false, failures: 0, kept: false, busy: false, unkept: [] },
    ...{ floorAbove: false, judging: null, saidAgain: false, claimed: null },
  });
});

test('a held report holds, and so does one that is in doubt', () => {
  assert.equal(isHolding(entryOf()), true);
  assert.equal(isHolding(entryOf({ report: RELEASED })), false);
  assert.equal(isHolding(entryOf({ report: null })), false);
  for (const doubt of [{ unreadable: true }, { saidAgain: true }])
    for (const report of [null, RELEASED]) assert.equal(isHolding(entryOf({ report, ...doubt })), true);
});

test('a held report holds each key that it has not freed; one in doubt holds all', () => {
  const holds = (change: Partial<Entry>, key = KEY, chain = CHAIN) => holdsKey(entryOf(change), chain, key);
  assert.deepEqual([holds({}), holds({}, OTHER)], [true, true]);
  const report = { ...HELD, freed: FREED };
  assert.deepEqual([holds({ report }), holds({ report }, OTHER)], [false, true]);
  assert.equal(holds({ report }, KEY, OTHER_CHAIN), true, 'the key of another chain');
  for (const doubt of [{ unreadable: true }, { saidAgain: true }])
    for (const state of ['held', 'released'] as const)
      assert.equal(holds({ report: { ...report, state }, floorAbove: true, ...doubt }), true);
  assert.equal(holds({ report: RELEASED }), false);
});

test('a floor at or above the word frees the key of the word alone', () => {
  const isFree = (change: Partial<Entry>, key = KEY, chain = CHAIN) => isFreed(entryOf(change), chain, key);
  assert.equal(isFree({}), false);
  assert.equal(isFree({ floorAbove: true }), true);
  assert.equal(isFree({ floorAbove: true }, OTHER), false);
  assert.equal(isFree({ floorAbove: true }, KEY, OTHER_CHAIN), false);
  assert.equal(isFree({ floorAbove: true, report: null }), false);
});
