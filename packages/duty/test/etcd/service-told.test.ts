import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkTold, type Told } from '../support/long-race.ts';

const told = (payload: string, unit: number, outcome: string, more: Partial<Told> = {}): Told => ({
  payload,
  unit,
  url: 'http://127.0.0.1:1',
  status: outcome === 'unknown' ? 503 : 200,
  outcome,
  reason: outcome === 'denied' ? 'unit-taken' : 'new',
  calm: true,
  ...more,
});

test('what clients may be told passes: one winner a unit; unknown, repeats and lost units while disturbed', () => {
  checkTold([told('0a', 1, 'granted'), told('0b', 1, 'denied')]);
  const disturbed = { calm: false };
  checkTold([
    told('0a', 1, 'unknown', disturbed),
    told('0a', 1, 'granted', disturbed),
    told('0a', 1, 'granted', disturbed),
    told('0a', 2, 'denied', { reason: 'session-lost', ...disturbed }),
    told('0b', 2, 'denied', { reason: 'below-floor' }),
  ]);
});

test('what must never be told is found', () => {
  assert.throws(() => checkTold([told('0a', 1, 'granted'), told('0b', 1, 'granted')]), /two payloads/);
  const both = [told('0a', 1, 'granted', { calm: false }), told('0b', 1, 'granted', { calm: false })];
  assert.throws(() => checkTold(both), /two payloads/);
  assert.throws(() => checkTold([told('0a', 1, 'fault', { calm: false })]), /are not outcomes/);
  assert.throws(() => checkTold([told('0a', 1, 'unknown')]), /unknown while nothing/);
  const refused = [told('0a', 1, 'denied', { reason: 'session-lost' })];
  assert.throws(() => checkTold(refused), /refusals while nothing/);
  assert.throws(() => checkTold([told('0a', 1, 'denied'), told('0b', 1, 'denied')]), /units lost/);
});
