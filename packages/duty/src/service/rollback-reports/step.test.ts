import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Happening } from './effects-shell.ts';
import { encodeReport, reportId, reportOf } from './report.ts';
import type { ReportsEvent } from './report-events.ts';
import { blankEntry, type Entry, emptyState } from './state.ts';
import { step } from './step.ts';
import { placeOf, SERVICE, wordOf } from './testing/steps.ts';

const PLACE = placeOf(wordOf(5));
const HELD = reportOf(SERVICE, wordOf(5));
const OTHERS = [6, 7].map((slot) => reportOf(SERVICE, wordOf(slot)));
const IDS = [6, 7].map((slot) => reportId(placeOf(wordOf(slot))));
const NOW_MS = 1_000;

/** The entry and the effects after an answer. Store and disk are not to be asked again at once. */
function after(happening: Happening, change: Partial<Entry> = {}) {
  const entry: Entry = {
    ...{ ...blankEntry(PLACE), report: HELD, stored: encodeReport(HELD), disk: 'open', stale: false },
    ...{ callAtMs: 9_999, diskAtMs: 9_999, call: 7 },
    ...change,
  };
  const state = { ...emptyState(SERVICE, 9_999), entries: new Map([[PLACE, entry]]), calls: 7 };
  const event = { ...happening, nowMs: NOW_MS, atMs: 1 } as ReportsEvent;
  const { state: next, effects } = step(state, event);
  const logs = effects.map((effect) =>
    effect.kind === 'log' ? [effect.level, effect.event, effect.message] : [],
  );
  return { entry: next.entries.get(PLACE) ?? assert.fail('no entry'), effects, logs, entries: next.entries };
}

const MESSAGE = 'a rollback report was not saved; this service holds every key and tries again';

test('the words that the disk has are kept; others that came meanwhile are not', () => {
  const kept = { kind: 'kept', recordKey: PLACE, ids: IDS.slice(0, 1) } as const;
  const { entry } = after(kept, { disk: 'keeping', unkept: OTHERS });
  assert.deepEqual([entry.disk, entry.unkept], ['open', OTHERS.slice(1)]);
});

test('a disk that failed is tried again after four seconds, and that is logged', () => {
  for (const [before, disk] of [
    ['keeping', 'none'],
    ['keeping-more', 'open'],
    ['releasing', 'open'],
  ] as const) {
    const { entry, logs } = after({ kind: 'disk-failed', recordKey: PLACE, why: 'full' }, { disk: before });
    assert.deepEqual([entry.disk, entry.diskAtMs], [disk, NOW_MS + 4_000], before);
    const event = { event: 'rollback-report-unkept', id: reportId(PLACE), detail: 'full' };
    assert.deepEqual(logs, [['error', event, MESSAGE]]);
  }
});

test('a call that failed is repeated later and later; a report that is not saved is logged', () => {
  const event = { event: 'rollback-report-unsaved', id: reportId(PLACE), detail: 'down' };
  for (const happening of [
    { kind: 'not-read', recordKey: PLACE, call: 7, why: 'down' },
    { kind: 'written', recordKey: PLACE, call: 7, outcome: 'unsure', why: 'down' },
  ] as const) {
    const { entry, logs } = after(happening, { failures: 3, unsaved: true });
    assert.deepEqual([entry.call, entry.stale, entry.failures], [null, true, 4]);
    assert.equal(entry.callAtMs, NOW_MS + 2_000);
    assert.deepEqual(logs, [['error', event, MESSAGE]]);
    assert.deepEqual(after(happening).logs, [], 'the report was saved before');
    const late = after({ ...happening, call: 6 }, { unsaved: true });
    assert.deepEqual([late.entry.call, late.entry.failures, late.logs], [7, 0, []], 'an earlier call');
  }
});

test('an answer about a record that is forgotten changes nothing', () => {
  const { entries, effects } = after({ kind: 'kept', recordKey: 'doubt/s/none', ids: [] });
  assert.deepEqual([[...entries.keys()], effects], [[PLACE], []]);
});

test('a word on the disk that cannot be read holds every key', () => {
  const { entry } = after({ kind: 'on-disk', recordKey: PLACE, text: '{"v":3}' });
  assert.deepEqual([entry.report, entry.unreadable], [null, true]);
});
