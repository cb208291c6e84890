import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { openText, viewsOf } from './held.ts';
import { decodeReport, encodeReport, reportId, reportOf } from './report.ts';
import { holderOf, isDurable } from './said.ts';
import { step } from './step.ts';
import { CHAIN, KEY, OTHER, placeOf, pointAt, reportAt, SERVICE, steps, wordOf } from './testing/steps.ts';

const FIRST = wordOf(5);
const PLACE = placeOf(FIRST);
const ID = reportId(PLACE);

describe('a word that the store does not explain', () => {
  test('holds every key at once, before anything is written', () => {
    const world = steps();
    world.faults.store = true;
    world.faults.disk = true;
    world.say(FIRST);
    assert.ok(world.held(KEY));
    assert.ok(world.held(OTHER), 'a store that went back did so for all keys');
    assert.equal(isDurable(world.state().entries.get(PLACE) as never, reportOf(SERVICE, FIRST)), false);
  });

  test('is on the own disk and in the store, read back', () => {
    const world = steps();
    world.say(FIRST);
    assert.deepEqual([...world.disk.keys()], [ID]);
    assert.equal(decodeReport(PLACE, world.store.get(PLACE) ?? '').state, 'held');
    assert.deepEqual([...world.store.keys()], [PLACE]);
    const entry = world.state().entries.get(PLACE);
    assert.equal(entry?.stored, world.store.get(PLACE));
    assert.equal(entry?.stale, false);
  });

  test('is one report, however often it is said', () => {
    const world = steps();
    for (let count = 0; count < 3; count++) world.say(FIRST);
    assert.equal(world.state().entries.size, 1);
    assert.equal(world.writes(), 1);
  });

  test('leaves the state as it was: the step is pure', () => {
    const { state } = steps();
    const before = state();
    const event = { kind: 'said', word: FIRST, nowMs: 1, atMs: 1 } as const;
    const [one, two] = [step(before, event), step(before, event)];
    assert.deepEqual(one, two);
    assert.equal(before.entries.size, 0);
  });
});

describe('a record that the store refuses', () => {
  test('is written again until it is in the store, with bounded pauses and an error each time (C1)', () => {
    const world = steps();
    world.faults.store = true;
    world.say(FIRST);
    world.pass(30_000);
    const before = world.logs.filter((event) => event === 'rollback-report-unsaved').length;
    assert.ok(before >= 6 && before <= 20, `${before} tries in 30 s`);
    world.pass(60_000);
    const more = world.logs.filter((event) => event === 'rollback-report-unsaved').length - before;
    assert.ok(more >= 5, 'never given up');
    world.faults.store = false;
    world.pass(10_000);
    assert.ok(world.store.has(PLACE));
  });

  test('a write with an unknown end is read back before it is repeated', () => {
    const world = steps();
    world.faults.store = true;
    world.say(FIRST);
    world.faults.store = false;
    world.store.set(PLACE, encodeReport(reportOf(SERVICE, FIRST)));
    const writes = world.writes();
    world.pass(10_000);
    assert.equal(world.writes(), writes, 'the store had it');
  });

  test('the own disk brings it back after a restart, and it is written then', () => {
    const first = steps();
    first.faults.store = true;
    first.say(FIRST);
    const { disk } = first;
    const second = steps({ disk });
    assert.ok(second.held());
    assert.ok(second.store.has(PLACE));
  });

  test('a disk that refuses is tried again; the word holds from memory until then', () => {
    const world = steps();
    world.faults.disk = true;
    world.say(FIRST);
    assert.equal(world.disk.size, 0);
    assert.ok(world.held());
    world.faults.disk = false;
    world.pass(10_000);
    assert.deepEqual([...world.disk.keys()], [ID]);
  });
});

describe('reports of two words', () => {
  test('two services hear two words of one node: both records are in the store, and both services hold both', () => {
    const store = new Map<string, string>();
    const one = steps({ store });
    const two = steps({ store, id: 'service-2' });
    const second = wordOf(6);
    one.say(FIRST);
    two.say(second);
    const secondPlace = placeOf(second, 'service-2');
    assert.deepEqual([...store.keys()].sort(), [PLACE, secondPlace].sort());
    for (const recordKey of store.keys())
      for (const world of [one, two]) world.send({ kind: 'record-changed', recordKey });
    assert.equal(viewsOf(one.state()).length, 2);
    assert.equal(viewsOf(two.state()).length, 2);
  });

  test('a record that another service changed meanwhile is not overwritten', () => {
    const world = steps();
    world.faults.store = true;
    world.say(FIRST);
    const freed = [{ chain: CHAIN, key: KEY, adoption: 'x' }];
    world.store.set(PLACE, encodeReport({ ...reportOf(SERVICE, FIRST), freed }));
    world.faults.store = false;
    world.pass(20_000);
    assert.deepEqual(decodeReport(PLACE, world.store.get(PLACE) ?? '').freed, freed);
  });

  test('a held record that vanished is written again, without the keys that adoptions had freed', () => {
    const world = steps();
    world.say(FIRST);
    const freed = [{ chain: CHAIN, key: OTHER, adoption: 'x' }];
    world.send({
      kind: 'committed',
      texts: new Map([[PLACE, encodeReport({ ...reportOf(SERVICE, FIRST), freed })]]),
    });
    world.restore(new Map([[PLACE, encodeReport({ ...reportOf(SERVICE, FIRST), freed })]]));
    assert.equal(world.held(OTHER), false);
    world.restore(new Map());
    assert.ok(world.held(OTHER));
    assert.deepEqual(decodeReport(PLACE, world.store.get(PLACE) ?? '').freed, []);
  });

  test('a record of another service that vanished while held is written again too', () => {
    const store = new Map([[PLACE, encodeReport(reportOf(SERVICE, FIRST))]]);
    const other = steps({ store, id: 'service-2' });
    assert.ok(other.held());
    other.restore(new Map());
    assert.ok(other.held());
    assert.ok(other.store.has(PLACE));
    assert.equal(other.disk.size, 0, 'it is not the own word of this service');
  });

  test('a record that this release cannot read holds every key', () => {
    const world = steps({ store: new Map([[PLACE, '{"v":3}']]) });
    assert.ok(world.held());
    assert.equal(world.store.get(PLACE), '{"v":3}');
    assert.match(openText(world.state(), [{ chain: CHAIN, key: OTHER }]) ?? '', /cannot be read/);
  });
});

test('a record that lies at another place holds every key: its id would release another word', () => {
  const place = placeOf(wordOf(6));
  const world = steps({ store: new Map([[place, encodeReport(reportOf(SERVICE, FIRST))]]) });
  assert.ok(world.held());
  assert.ok(world.logs.includes('record-unreadable'));
});

test('health reports what holds a key that has a policy, and no other', () => {
  const world = steps();
  world.say(FIRST);
  const freed = [{ chain: CHAIN, key: OTHER, adoption: 'x' }];
  world.store.set(PLACE, encodeReport({ ...reportOf(SERVICE, FIRST), freed }));
  world.send({ kind: 'committed', texts: new Map(world.store) });
  assert.equal(openText(world.state(), [{ chain: CHAIN, key: OTHER }]), null);
  assert.match(openText(world.state(), [{ chain: CHAIN, key: KEY }]) ?? '', new RegExp(ID));
  assert.match(openText(world.state(), []) ?? '', new RegExp(ID), 'policies that were not read yet');
});

describe('a node that says ever new words', () => {
  const many = (count: number) => Array.from({ length: count }, (_, index) => wordOf(index + 1));

  test('gets 16 reports; the newest then holds its further words, with the highest top', () => {
    const world = steps();
    for (const word of [...many(20), wordOf(3, { point: { ...pointAt(3), nonce: 'x' } })]) world.say(word);
    assert.equal(world.state().entries.size, 16);
    const newest = reportAt(world, placeOf(wordOf(16)));
    assert.equal(newest.word?.top, '20');
    assert.equal(newest.word?.others.length, 5);
    assert.equal(world.disk.size, 21, 'every word is on the disk');
    const kept = holderOf(world.state(), reportOf(SERVICE, wordOf(19)));
    assert.equal(kept?.recordKey, placeOf(wordOf(16)));
  });

  test('a disk that refused both the first word and a further one gets both later', () => {
    const world = steps();
    for (const word of many(15)) world.say(word);
    world.faults.disk = true;
    world.say(wordOf(16));
    world.say(wordOf(17));
    world.pass(5_000);
    const entry = world.state().entries.get(placeOf(wordOf(16)));
    assert.ok(entry !== undefined);
    for (const slot of [16, 17]) assert.equal(isDurable(entry, reportOf(SERVICE, wordOf(slot))), false);
    world.faults.disk = false;
    world.pass(10_000);
    assert.equal(world.disk.size, 17);
  });

  test('a further word counts for keys that the report had freed', () => {
    const world = steps();
    for (const word of many(16)) world.say(word);
    const place = placeOf(wordOf(16));
    const freed = [{ chain: CHAIN, key: OTHER, adoption: 'x' }];
    for (const [at] of world.store) world.store.set(at, encodeReport({ ...reportAt(world, at), freed }));
    world.send({ kind: 'committed', texts: new Map(world.store) });
    assert.equal(world.held(OTHER), false);
    world.say(wordOf(17));
    assert.ok(world.held(OTHER));
    assert.deepEqual(reportAt(world, place).freed, []);
  });

  test('a mark without a report of that node gets one, whatever the bound', () => {
    const world = steps();
    for (const word of many(16)) world.say(word);
    world.say(wordOf(9, { key: OTHER }));
    assert.equal(world.state().entries.size, 17);
  });
});
