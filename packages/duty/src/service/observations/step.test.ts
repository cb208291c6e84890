import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Observation } from '../../rule/index.ts';
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
