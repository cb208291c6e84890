import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { keys } from '../keys.ts';
import { decodeRecord, encodeRecord } from '../records.ts';
import { viewsOf } from './held.ts';
import { keepMirrors } from './mirrors.ts';
import { mirrorOf } from './node-record.ts';
import { encodeReport, type Freed, type Report, reportId, reportOf } from './report.ts';
import { blankEntry, type Entry, emptyState } from './state.ts';
import { CHAIN, KEY, OTHER, placeOf, SERVICE, type Steps, steps, wordOf } from './testing/steps.ts';
import { turnOf } from './turn.ts';

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

describe('the record of a node for services of the last release', () => {
  const freedOf = (key: string, chain = CHAIN, adoption = 'x'): Freed => ({ chain, key, adoption });
  const entryAt = (recordKey: string, change: Partial<Entry>): Entry => ({
    ...{ ...blankEntry(recordKey), stored: 'read', stale: false },
    ...change,
  });
  const node = (report: Report | null, change: Partial<Entry> = {}) =>
    entryAt(NODE_PLACE, { report, ...change });
  /** A held report of node `a` about this slot. */
  const held = (slot: number, freed: readonly Freed[] = [], change: Partial<Entry> = {}) =>
    entryAt(placeOf(wordOf(slot)), { report: { ...reportOf(SERVICE, wordOf(slot)), freed }, ...change });
  const over = (slot: number, change: Partial<Entry> = {}) =>
    held(slot, [], {
      report: { ...reportOf(SERVICE, wordOf(slot)), state: 'released', released },
      ...change,
    });
  const mirror = (slot: number, freed: readonly Freed[] = []) =>
    mirrorOf(reportOf(SERVICE, wordOf(slot)), reportId(placeOf(wordOf(slot))), freed);
  /** The record of a service of the last release. */
  const old = (freed: readonly Freed[] = []): Report => ({ ...mirror(5, freed), missing: 'no witness' });
  const SLOTS = [5, 6, 7].toSorted((a, b) => (placeOf(wordOf(a)) < placeOf(wordOf(b)) ? -1 : 1));

  /** The entry at the place of the node; null if it stayed as it was. */
  function after(entries: readonly Entry[], format: 1 | 2 = 1): Entry | null | undefined {
    const all = new Map(entries.map((entry) => [entry.recordKey, entry]));
    const state = { ...emptyState(SERVICE, 0), entries: all };
    const turn = turnOf(state, { kind: 'tick', nowMs: 5, atMs: 6, format });
    keepMirrors(turn);
    for (const [recordKey, entry] of all)
      if (recordKey !== NODE_PLACE) assert.equal(turn.state.entries.get(recordKey), entry);
    const found = turn.state.entries.get(NODE_PLACE);
    return found !== undefined && found === all.get(NODE_PLACE) ? null : found;
  }

  test('is read before it is written, in format 1 alone', () => {
    assert.deepEqual(after([held(5)]), blankEntry(NODE_PLACE));
    assert.equal(after([held(5)], 2), undefined);
    assert.equal(after([over(5)]), undefined);
    for (const change of [{ stored: undefined }, { unreadable: true }])
      assert.equal(after([node(null, change), held(5)]), null, 'its text is not known');
    assert.equal(after([node(null), held(5)], 2), null);
  });

  test('stands for the first held report of the node, with the keys that all of them freed', () => {
    const [first = 0, second = 0, third = 0] = SLOTS;
    for (const order of [SLOTS, SLOTS.toReversed(), [second, third, first]]) {
      const entry = after([...order.map((slot) => held(slot)), node(null)]);
      assert.deepEqual([entry?.report, entry?.unsaved], [mirror(first), true]);
    }
    const both = after([
      node(null),
      held(first, [freedOf(KEY, CHAIN, 'one'), freedOf(OTHER), freedOf('x')]),
      held(second, [freedOf('y'), freedOf(KEY, CHAIN, 'two'), freedOf(OTHER, 'c2'), freedOf('x')]),
      held(third, [freedOf('x', 'c2'), freedOf(KEY)]),
    ]);
    assert.deepEqual(both?.report, mirror(first, [freedOf(KEY, CHAIN, 'one')]));
    const alone = after([node(null), held(first, [freedOf(KEY)]), entryAt('doubt/b', { report: old() })]);
    assert.deepEqual(alone?.report, mirror(first, [freedOf(KEY)]));
  });

  test('holds again after a release, while a report holds', () => {
    const gone: Report = { ...old(), state: 'released', released };
    assert.deepEqual(after([node(gone), held(5)])?.report, mirror(5));
    assert.equal(after([node(gone), over(5)]), null);
    assert.equal(after([node(gone), held(5)], 2), null);
  });

  test('ends with its report, or stands for the next one', () => {
    const ended = after([node(mirror(5)), over(5)]);
    assert.deepEqual([ended?.report, ended?.unsaved], [{ ...mirror(5), state: 'released', released }, true]);
    assert.deepEqual(after([node(mirror(5)), over(5), held(6)])?.report, mirror(6));
    const doubts = [{ saidAgain: true }, { claimed: reportOf(SERVICE, wordOf(5)) }];
    for (const doubt of doubts) assert.equal(after([node(mirror(5)), over(5, doubt)]), null);
    assert.equal(after([node(old()), over(5)]), null, 'another service wrote it for another report');
  });

  test('frees no key that a report holds, and stays as it is otherwise', () => {
    const freed = [freedOf(KEY), freedOf(OTHER)];
    const less = after([node(old(freed)), held(5, [freedOf(OTHER, CHAIN, 'z'), freedOf(KEY, 'c2')])]);
    assert.deepEqual([less?.report, less?.unsaved], [old([freedOf(OTHER)]), true]);
    assert.equal(after([node(old(freed)), held(5, freed)]), null);
    assert.equal(after([node(mirror(5)), held(5)]), null);
    assert.equal(after([node(old(freed))]), null);
  });
});
