import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mapFields, NO_RECEIPTS, type ObservationRecord } from './record.ts';
import { noteReceipts } from './reports.ts';
import { isNews, type ObservationState, startedObservations } from './state.ts';

const KEY = 'observed/0xc1/one';

/** A record of session `session` that was reported so often. */
function record(session: bigint, receipt: string): ObservationRecord {
  const observation = { observer: 'one', ...mapFields(() => null), session };
  return { observation, receipts: { ...NO_RECEIPTS, session: receipt } };
}

const WRITTEN = record(4n, '2');

/** Whether the record in the mirror is news to a service that noted an empty store and wrote a record. */
function isNewsAfter(written: ObservationRecord | null, hint: ObservationRecord | undefined): boolean {
  const started = startedObservations();
  const state: ObservationState = { ...started, reports: noteReceipts(started.reports, new Map()) };
  if (written !== null) state.own.set(KEY, { given: written, written: { record: written, atMs: 0 } });
  return isNews(state, KEY, () => hint);
}

test('a record that another service may have reported is news', () => {
  assert.equal(isNewsAfter(null, WRITTEN), true);
  assert.equal(isNewsAfter(WRITTEN, record(5n, '3')), true, 'other values');
  assert.equal(isNewsAfter(WRITTEN, record(4n, '3')), true, 'the same values, reported once more');
  assert.equal(isNewsAfter(WRITTEN, record(5n, '2')), true, 'other values that count as often');
});

test('what this service wrote, and a record that is gone, are no news', () => {
  assert.equal(isNewsAfter(WRITTEN, record(4n, '2')), false);
  assert.equal(isNewsAfter(WRITTEN, undefined), false);
});
