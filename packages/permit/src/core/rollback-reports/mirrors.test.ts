import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { keys } from '../keys.ts';
import { decodeRecord, encodeRecord } from '../records.ts';
import { viewsOf } from './held.ts';
import { encodeReport, reportOf } from './report.ts';
import { CHAIN, KEY, OTHER, placeOf, SERVICE, type Steps, steps, wordOf } from './testing/steps.ts';

const WORD = wordOf(5);
const PLACE = placeOf(WORD);
const NODE_PLACE = keys.doubt('a');
const released = { how: 'operator', by: 'ada', reason: 'a copy', atMs: 1 } as const;

/** A record as a service of the last release wrote it. */
function oldRecord(freed: readonly string[] = [], state: 'held' | 'vouched' = 'held'): string {
  const fixed = { service: 'old', node: 'a', incarnation: '1', why: 'babe', missing: 'no witness' };
  return encodeRecord('doubt', { ...fixed, state, freed: [...freed] });
}

const stored = (world: Steps) => decodeRecord('doubt', world.store.get(NODE_PLACE) ?? '');

describe('a record of the last release', () => {
  test('stays in force until every key is adopted', () => {
    const world = steps({ store: new Map([[NODE_PLACE, oldRecord([`${CHAIN} ${OTHER}`])]]) });
    assert.ok(world.held(KEY));
    assert.equal(world.held(OTHER), false);
    world.pass(60_000);
    assert.equal(stored(world).state, 'held');
    const text = oldRecord([`${CHAIN} ${OTHER}`, `${CHAIN} ${KEY}`]);
    world.store.set(NODE_PLACE, text);
    world.send({ kind: 'committed', texts: new Map([[NODE_PLACE, text]]) });
    assert.equal(stored(world).state, 'vouched');
    assert.equal(world.held(KEY), false);
  });

  test('an operator releases it by its name', () => {
    const world = steps({ store: new Map([[NODE_PLACE, oldRecord()]]) });
    assert.deepEqual(
      viewsOf(world.state()).map(({ id, node }) => [id, node]),
      [['node:a', 'a']],
    );
    world.store.set(NODE_PLACE, oldRecord([], 'vouched'));
    world.send({ kind: 'record-changed', recordKey: NODE_PLACE });
    assert.equal(world.held(), false);
  });
});

describe('while services of the last release may run (format 1)', () => {
  test('a report is also written as a record that they read, and ends with it', () => {
    const world = steps({ format: 1 });
    world.say(WORD);
    assert.equal(stored(world).state, 'held');
    assert.deepEqual(stored(world).freed, []);
    assert.deepEqual(
      viewsOf(world.state()).map(({ id }) => id),
      [PLACE.split('/')[2]],
    );
    const text = encodeReport({ ...reportOf(SERVICE, WORD), state: 'released', released });
    world.store.set(PLACE, text);
    world.send({ kind: 'committed', texts: new Map([[PLACE, text]]) });
    assert.equal(world.held(), false, 'the other record holds nothing by itself');
    assert.equal(stored(world).state, 'vouched');
  });

  test('format 2 has no such record', () => {
    const world = steps();
    world.say(WORD);
    assert.deepEqual([...world.store.keys()], [PLACE]);
    const old = steps({ store: new Map([[NODE_PLACE, oldRecord([], 'vouched')]]) });
    old.say(WORD);
    assert.equal(stored(old).state, 'vouched');
  });

  test('that record holds no key by itself while its report is known', () => {
    const world = steps({ format: 1 });
    world.say(WORD);
    const freed = [{ chain: CHAIN, key: KEY, adoption: 'x' }];
    world.store.set(PLACE, encodeReport({ ...reportOf(SERVICE, WORD), freed }));
    world.send({ kind: 'record-changed', recordKey: PLACE });
    assert.deepEqual(stored(world).freed, []);
    assert.equal(world.held(KEY), false);
    assert.ok(world.held(OTHER));
  });

  test('a key that a service of the last release freed stays held: it compared no floor', () => {
    const world = steps({ format: 1 });
    world.say(WORD);
    world.store.set(NODE_PLACE, encodeRecord('doubt', { ...stored(world), freed: [`${CHAIN} ${KEY}`] }));
    world.send({ kind: 'record-changed', recordKey: NODE_PLACE });
    assert.deepEqual(stored(world).freed, []);
    assert.ok(world.held(KEY));
  });

  test('an old record of the same node that had freed a key holds it again', () => {
    const world = steps({ format: 1, store: new Map([[NODE_PLACE, oldRecord([`${CHAIN} ${KEY}`])]]) });
    world.say(WORD);
    assert.deepEqual(stored(world).freed, []);
    assert.equal(stored(world).missing, 'no witness', 'it is still the record of its service');
  });

  test('two services with a report of one node agree on one record', () => {
    const states: string[] = [];
    const store = new Map<string, string>();
    const set = store.set.bind(store);
    store.set = (place, text) => {
      if (place === NODE_PLACE) states.push(decodeRecord('doubt', text).state);
      return set(place, text);
    };
    const one = steps({ format: 1, store });
    const two = steps({ format: 1, store, id: 'service-2' });
    const second = wordOf(6);
    one.say(WORD);
    two.say(second);
    for (let round = 0; round < 3; round++)
      for (const recordKey of store.keys())
        for (const world of [one, two]) world.send({ kind: 'record-changed', recordKey });
    const writes = [one.writes(), two.writes()];
    for (const recordKey of store.keys())
      for (const world of [one, two]) world.send({ kind: 'record-changed', recordKey });
    assert.deepEqual([one.writes(), two.writes()], writes, 'neither rewrites what the other wrote');
    const text = encodeReport({ ...reportOf(SERVICE, WORD), state: 'released', released });
    store.set(PLACE, text);
    for (const world of [one, two]) world.send({ kind: 'record-changed', recordKey: PLACE });
    assert.equal(stored(one).state, 'held', 'the second report still needs it');
    assert.equal(states.includes('vouched'), false, 'not for a moment');
  });
});
