import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Unfit } from '../../ground/fitness.ts';
import type { PresenceEffect, PresenceEvent, Sync } from './presence-events.ts';
import { absence, isFresh, NEW_NODE, type NodePresence } from './state.ts';
import { stepPresence } from './step.ts';

const TTL_MS = 4_000;
const SYNCING: Unfit = { criterion: 'syncing', detail: 'it is syncing' };
const FEW: Unfit = { criterion: 'minPeers', detail: 'its peers are too few' };

const sync = (fit: readonly string[], unfit: readonly string[] = []): Sync => ({ fit, unfit, ttlMs: TTL_MS });
const leases = (all: Readonly<Record<string, string>>) => (key: string) => all[key];

/** The effects of one event after others. */
function effectsOf(event: PresenceEvent, ...before: readonly PresenceEvent[]): readonly PresenceEffect[] {
  return stepPresence(after(...before), event).effects;
}

function after(...events: readonly PresenceEvent[]): NodePresence {
  return events.reduce((state: NodePresence, event) => stepPresence(state, event).state, NEW_NODE);
}

function reported(unfit: Unfit | null, nowMs: number): PresenceEvent {
  return { kind: 'reported', keys: new Map([['one', unfit]]), ttlMs: TTL_MS, nowMs };
}

test('a report is logged once for each new criterion, and then goes to the store', () => {
  const log = { kind: 'log-unfit', key: 'one', unfit: SYNCING } as const;
  const toStore = { kind: 'sync', sync: sync([], ['one']) } as const;
  assert.deepEqual(effectsOf(reported(SYNCING, 1)), [log, toStore]);
  assert.deepEqual(effectsOf(reported(SYNCING, 2), reported(SYNCING, 1)), [toStore]);
  assert.deepEqual(effectsOf(reported(FEW, 2), reported(SYNCING, 1))[0], { ...log, unfit: FEW });
  assert.deepEqual(effectsOf(reported(SYNCING, 3), reported(SYNCING, 1), reported(null, 2))[0], log);
  assert.deepEqual(effectsOf(reported(null, 1)), [{ kind: 'sync', sync: sync(['one']) }]);
});

test('a report counts for as long as it is fresh', () => {
  const heard = after(reported(SYNCING, 100)).heard.get('one');
  assert.equal(isFresh(heard, 50, 150), true);
  assert.equal(isFresh(heard, 50, 151), false);
  assert.equal(absence(heard, 50), 'its last report is older than 50 ms');
  assert.equal(isFresh(undefined, 50, 0), false);
  assert.equal(absence(undefined, 50), 'it has not reported for this key');
});

test('records of keys for which the node is unfit leave first, if there are any', () => {
  const [both, leaseOf] = [sync(['one'], ['two', 'three']), leases({ two: 'old' })];
  assert.deepEqual(effectsOf({ kind: 'turn', sync: both, leaseOf, nowMs: 0 }), [
    { kind: 'remove', keys: ['two'] },
  ]);
  const write = [{ kind: 'write', keys: ['one'], ttlMs: TTL_MS }];
  assert.deepEqual(effectsOf({ kind: 'removed', sync: both, leaseOf: leases({}), nowMs: 0 }), write);
  assert.deepEqual(effectsOf({ kind: 'turn', sync: both, leaseOf: leases({}), nowMs: 0 }), write);
});

test('records whose lease has expired are written with a new one, the others stay', () => {
  const rest = { sync: sync(['one', 'two', 'three']), leaseOf: leases({ one: 'a', two: 'b', three: 'c' }) };
  const kept = new Map([
    ['a', 5],
    ['b', null],
  ]);
  const event: PresenceEvent = { kind: 'kept', alive: new Set(['c']), kept, nowMs: 6, ...rest };
  const written: PresenceEvent = { kind: 'written', lease: 'b', nowMs: 0 };
  const { state, effects } = stepPresence(after(written), event);
  assert.deepEqual(effects, [{ kind: 'write', keys: ['two'], ttlMs: TTL_MS }]);
  assert.deepEqual([...state.keptMs], [['a', 5]]);
});

test('a step leaves the state before it as it was', () => {
  const before = after(reported(SYNCING, 1), { kind: 'written', lease: 'l', nowMs: 1 });
  const copy = structuredClone(before);
  const rest = { sync: sync(['one']), leaseOf: leases({ one: 'l' }), nowMs: 9 };
  stepPresence(before, reported(FEW, 2));
  stepPresence(before, { kind: 'kept', alive: new Set(), kept: new Map([['l', null]]), ...rest });
  stepPresence(before, { kind: 'written', lease: 'm', nowMs: 9 });
  assert.deepEqual(before, copy);
});
