import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Observation } from '../../rule/index.ts';
import { merge } from './merge.ts';
import type { ObservationEffect, ObservationEvent, Records } from './observation-events.ts';
import { mapFields, NO_RECEIPTS, type ObservationRecord } from './record.ts';
import { type ObservationState, startedObservations } from './state.ts';
import { stepObservations } from './step.ts';

const ONE = 'observed/0xc1/one';

/** A record of round `round` that was reported so often. */
function record(round: bigint, receipt: string): ObservationRecord {
  const observation: Observation = { observer: 'one', ...mapFields(() => null), setId: 7n, round };
  return { observation, receipts: { ...NO_RECEIPTS, setId: receipt, round: receipt } };
}

const hints = (...all: Records) => new Map(all).get.bind(new Map(all));
const changed = (recordKey: string, ...mirror: Records): ObservationEvent => ({
  kind: 'changed',
  recordKey,
  hintOf: hints(...mirror),
});

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
