import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Observation } from '../../rule/index.ts';
import type { ObservationEffect, ObservationEvent, Records } from './observation-events.ts';
import { mapFields, NO_RECEIPTS, type ObservationRecord } from './record.ts';
import { firstReports, freshReports } from './reports.ts';
import { type ObservationState, startedObservations } from './state.ts';
import { stepObservations } from './step.ts';

const [ONE, TWO] = ['observed/0xc1/one', 'observed/0xc1/two'];

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

function run(...events: readonly ObservationEvent[]) {
  let state: ObservationState = startedObservations();
  let last: readonly ObservationEffect[] = [];
  for (const event of events) ({ state, effects: last } = stepObservations(state, event));
  return { state, last };
}

test('a repeated report is written ten seconds after it was written, however late that was', () => {
  const repeated = (nowMs: number) => {
    const { last } = run(
      reported(ONE, record(1n, '1'), 70_000),
      { kind: 'waited', nowMs: 70_000 },
      { kind: 'written', failed: [], nowMs: 70_001 },
      reported(ONE, record(1n, '2'), nowMs),
      { kind: 'waited', nowMs },
    );
    return last[0]?.kind === 'write' && last[0].records.length === 1;
  };
  assert.deepEqual([repeated(79_999), repeated(80_000)], [false, true]);
});

test('other values are written at once, and a write that failed concerns its own record alone', () => {
  const events: readonly ObservationEvent[] = [
    reported(ONE, record(1n, '1'), 0),
    reported(TWO, record(1n, '1'), 0),
    { kind: 'waited', nowMs: 0 },
    { kind: 'written', failed: [TWO, 'observed/0xc1/gone'], nowMs: 1 },
    reported(ONE, record(1n, '2'), 300),
    reported(TWO, record(1n, '2'), 300),
  ];
  assert.equal(run(...events).state.own.has('observed/0xc1/gone'), false);
  const [effect] = run(...events, { kind: 'waited', nowMs: 300 }).last;
  assert.deepEqual(effect?.kind === 'write' && effect.records, [[TWO, record(1n, '2')]]);
  const [changed] = run(...events, reported(ONE, record(2n, '3'), 301), { kind: 'waited', nowMs: 301 }).last;
  assert.deepEqual(changed?.kind === 'write' && changed.records, [
    [ONE, record(2n, '3')],
    [TWO, record(1n, '2')],
  ]);
});

test('a report counts at this service when it comes, before it is written', () => {
  const { state } = run({ kind: 'opened' }, { kind: 'noted', found: [] }, reported(ONE, record(5n, '1'), 10));
  assert.equal(freshReports(state.reports, [ONE], 10)[0]?.round, 5n);
  assert.equal(firstReports(state.reports, [ONE])[0]?.round, 5n);
});

test('a record whose write failed is still the one that was given: no read when it comes back', () => {
  const mine = record(1n, '1');
  const { last, state } = run(
    { kind: 'opened' },
    { kind: 'noted', found: [] },
    reported(ONE, mine, 0),
    { kind: 'waited', nowMs: 0 },
    { kind: 'written', failed: [ONE], nowMs: 1 },
    { kind: 'changed', recordKey: ONE, hintOf: hints([ONE, mine]) },
  );
  assert.deepEqual(last, []);
  assert.deepEqual(state.own.get(ONE), { given: mine, written: null });
  assert.deepEqual([state.writing, state.reading], [false, false]);
});

test('an opening, the records found then, and the reports of a peer need no effect', () => {
  const opened = run({ kind: 'opened' });
  const noted = run({ kind: 'noted', found: [[ONE, record(1n, '1')]] });
  const inherited = run({ kind: 'inherited', firsts: new Map(), present: new Map(), nowMs: 0 });
  for (const { last } of [opened, noted, inherited]) assert.deepEqual(last, []);
});

test('a session that is opened begins without the reports of the one before', () => {
  const { state } = run(reported(ONE, record(5n, '1'), 10), { kind: 'opened' });
  assert.deepEqual(freshReports(state.reports, [ONE], 10), []);
  assert.equal(state.waiting.size, 1, 'the waiting report is written too');
});

test('the first reports of a peer count as heard here, with the present values of the store', () => {
  const first = record(3n, '1').observation;
  const present = record(8n, '6').observation;
  const { state } = run({
    kind: 'inherited',
    firsts: new Map([[ONE, first]]),
    present: new Map([[ONE, present]]),
    nowMs: 20,
  });
  assert.equal(firstReports(state.reports, [ONE])[0]?.round, 3n);
  assert.equal(freshReports(state.reports, [ONE], 20)[0]?.round, 8n);
});

test('after a read that left nothing to read, a record that changes is read again', () => {
  const opening: readonly ObservationEvent[] = [{ kind: 'opened' }, { kind: 'noted', found: [] }];
  const mirror: Records = [[ONE, record(3n, '3')]];
  const changed: ObservationEvent = { kind: 'changed', recordKey: ONE, hintOf: hints(...mirror) };
  const { noted } = run(...opening).state.reports;
  const found = (of: typeof noted): ObservationEvent => ({
    kind: 'read',
    found: [],
    noted: of,
    hintOf: hints(...mirror),
    nowMs: 5,
  });
  const { last, state } = run(...opening, changed, found(noted), changed);
  assert.equal(last[0]?.kind, 'read');
  assert.equal(state.changed.size, 0);
});
