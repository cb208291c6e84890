import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Observation } from '../../rule/index.ts';
import { merge } from './merge.ts';
import type { ObservationEffect, ObservationEvent, Records } from './observation-events.ts';
import { mapFields, NO_RECEIPTS, type ObservationRecord } from './record.ts';
import { freshReports } from './reports.ts';
import { type ObservationState, startedObservations } from './state.ts';
import { stepObservations } from './step.ts';

const [ONE, TWO] = ['observed/0xc1/one', 'observed/0xc1/two'];

/** A record of round `round` that was reported so often. */
function record(round: bigint, receipt: string): ObservationRecord {
  const observation: Observation = { observer: 'one', ...mapFields(() => null), setId: 7n, round };
  return { observation, receipts: { ...NO_RECEIPTS, setId: receipt, round: receipt } };
}

const reported = (recordKey: string, now: ObservationRecord, nowMs: number): ObservationEvent => ({
  kind: 'reported',
  recordKey,
  record: now,
  said: ['setId', 'round'],
  nowMs,
});
const hints = (...all: Records) => new Map(all).get.bind(new Map(all));
const changed = (recordKey: string, ...mirror: Records): ObservationEvent => ({
  kind: 'changed',
  recordKey,
  hintOf: hints(...mirror),
});
const opening: readonly ObservationEvent[] = [{ kind: 'opened' }, { kind: 'noted', found: [] }];

/** The effects of each event, one after another, and the last state. */
function run(...events: readonly ObservationEvent[]) {
  let state: ObservationState = startedObservations();
  const effects: (readonly ObservationEffect[])[] = [];
  for (const event of events) {
    const step = stepObservations(state, event);
    state = step.state;
    effects.push(step.effects);
  }
  return { state, effects, last: effects.at(-1) ?? [] };
}

test('the first report is written at once, and later ones together after a pause', () => {
  const [first, second, other] = [record(1n, '1'), record(2n, '2'), record(9n, '1')];
  const { effects, state } = run(
    reported(ONE, first, 1_000),
    { kind: 'waited', nowMs: 1_000 },
    reported(ONE, second, 1_010),
    reported(TWO, other, 1_020),
    { kind: 'written', failed: [], nowMs: 1_030 },
    { kind: 'waited', nowMs: 1_250 },
    { kind: 'written', failed: [], nowMs: 1_260 },
  );
  const both: Records = [
    [ONE, second],
    [TWO, other],
  ];
  assert.deepEqual(effects, [
    [{ kind: 'wait', ms: 0 }],
    [{ kind: 'write', given: [[ONE, first]], records: [[ONE, first]] }],
    [],
    [],
    [{ kind: 'wait', ms: 220 }],
    [{ kind: 'write', given: both, records: both }],
    [],
  ]);
  assert.equal(state.writing, false);
});

/** A report of the same values, written at 0, then again at `nowMs`. */
function repeated(nowMs: number, failed: readonly string[] = []) {
  return run(
    reported(ONE, record(1n, '1'), 0),
    { kind: 'waited', nowMs: 0 },
    { kind: 'written', failed, nowMs: 1 },
    reported(ONE, record(1n, '2'), nowMs),
    { kind: 'waited', nowMs },
  ).last;
}

test('unchanged values are written again after ten seconds, or if their write failed', () => {
  const given: Records = [[ONE, record(1n, '2')]];
  assert.deepEqual(repeated(9_999), [{ kind: 'write', given, records: [] }]);
  assert.deepEqual(repeated(10_000), [{ kind: 'write', given, records: given }]);
  assert.deepEqual(repeated(300, [ONE]), [{ kind: 'write', given, records: given }]);
});

test('the records of this service in the mirror are no news, as given and as they come back', () => {
  const mine = record(1n, '1');
  const written: readonly ObservationEvent[] = [
    ...opening,
    reported(ONE, mine, 0),
    { kind: 'waited', nowMs: 0 },
  ];
  assert.deepEqual(run(...written, changed(ONE, [ONE, mine])).last, []);
  assert.deepEqual(run(...written, changed(ONE, [ONE, record(1n, '1')])).last, []);
  assert.deepEqual(run(...written, changed(ONE)).last, []);
  const [read] = run(...written, changed(ONE, [ONE, record(2n, '2')])).last;
  assert.equal(read?.kind, 'read');
});

test('a repeated report that was not written is no news either', () => {
  const again = record(1n, '2');
  const events: readonly ObservationEvent[] = [
    ...opening,
    reported(ONE, record(1n, '1'), 0),
    { kind: 'waited', nowMs: 0 },
    { kind: 'written', failed: [], nowMs: 1 },
    reported(ONE, again, 300),
    { kind: 'waited', nowMs: 300 },
  ];
  assert.deepEqual(run(...events, changed(ONE, [ONE, again])).last, []);
});

test('one read at a time: records that change meanwhile are read after it, together', () => {
  const mirror: Records = [
    [ONE, record(3n, '3')],
    [TWO, record(4n, '4')],
  ];
  const first = run(...opening, changed(ONE, ...mirror));
  const { noted } = first.state.reports;
  assert.deepEqual(first.last, [{ kind: 'read', recordKeys: [ONE], noted }]);
  const read: ObservationEvent = { kind: 'read', found: [], noted, hintOf: hints(...mirror), nowMs: 5 };
  const events = [...opening, changed(ONE, ...mirror), changed(TWO, ...mirror), changed(ONE, ...mirror)];
  const { effects, last } = run(...events, read);
  assert.deepEqual(effects.slice(3, 5), [[], []]);
  assert.deepEqual(last, [{ kind: 'read', recordKeys: [TWO, ONE], noted: new Map() }]);
});

test('a read counts in the session in which it began', () => {
  const opened = run(...opening).state;
  const read = (noted: ObservationState['reports']['noted']) => {
    const found: Records = [[ONE, record(3n, '3')]];
    const { state } = stepObservations(opened, { kind: 'read', found, noted, hintOf: hints(), nowMs: 5 });
    return freshReports(state.reports, [ONE], 5);
  };
  // Of another session: another map, though it holds the same.
  assert.deepEqual(read(new Map()), []);
  assert.equal(read(opened.reports.noted)[0]?.round, 3n);
});

test('a record that the store held at the opening counts once it was reported again', () => {
  const noted: readonly ObservationEvent[] = [
    { kind: 'opened' },
    { kind: 'noted', found: [[ONE, record(3n, '3')]] },
  ];
  assert.deepEqual(run(...noted, changed(ONE, [ONE, record(3n, '3')])).last, []);
  assert.equal(run(...noted, changed(ONE, [ONE, record(3n, '4')])).last[0]?.kind, 'read');
  assert.deepEqual(run(changed(ONE, [ONE, record(3n, '4')])).last, []);
});

test('a new set without a round drops the round of the old set', () => {
  const before = record(3n, '3');
  const { record: next, said } = merge('one', before, { chain: 'c', setId: '8' });
  assert.deepEqual([next.observation.setId, next.observation.round, said], [8n, null, ['setId']]);
  assert.deepEqual([next.receipts.setId, next.receipts.round], ['4', '3']);
  assert.equal(merge('one', before, { chain: 'c', setId: '7' }).record.observation.round, 3n);
  assert.throws(() => merge('one', before, { chain: 'c', round: '-1' }), /round is not a canonical u64/);
});
