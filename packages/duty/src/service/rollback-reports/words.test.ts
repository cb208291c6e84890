import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { openText } from './book.ts';
import { decodeReport, encodeReport, reportId, reportOf } from './report.ts';
import { CHAIN, KEY, OTHER, placeOf, SERVICE, steps, wordOf } from './testing/steps.ts';

const FIRST = wordOf(5);
const PLACE = placeOf(FIRST);
const ID = reportId(PLACE);

describe('a record that the store refuses', () => {
  test('is written again until it is in the store, with bounded pauses and an error each time (C1)', async () => {
    const world = await steps();
    world.faults.store = true;
    await world.say(FIRST);
    await world.pass(30_000);
    const before = world.logs.filter((event) => event === 'rollback-report-unsaved').length;
    assert.ok(before >= 6 && before <= 20, `${before} tries in 30 s`);
    await world.pass(60_000);
    const more = world.logs.filter((event) => event === 'rollback-report-unsaved').length - before;
    assert.ok(more >= 5, 'never given up');
    world.faults.store = false;
    await world.pass(10_000);
    assert.ok(world.store.has(PLACE));
  });
});

describe('reports of two words', () => {
  test('a record that another service changed meanwhile is not overwritten', async () => {
    const world = await steps();
    world.faults.store = true;
    await world.say(FIRST);
    const freed = [{ chain: CHAIN, key: KEY, adoption: 'x' }];
    world.store.set(PLACE, encodeReport({ ...reportOf(SERVICE, FIRST), freed }));
    world.faults.store = false;
    await world.pass(20_000);
    assert.deepEqual(decodeReport(PLACE, world.store.get(PLACE) ?? '').freed, freed);
  });
});

test('a record that lies at another place holds every key: its id would release another word', async () => {
  const place = placeOf(wordOf(6));
  const world = await steps({ store: new Map([[place, encodeReport(reportOf(SERVICE, FIRST))]]) });
  assert.ok(world.held());
  assert.ok(world.logs.includes('record-unreadable'));
});

test('health reports what holds a key that has a policy, and no other', async () => {
  const world = await steps();
  await world.say(FIRST);
  const freed = [{ chain: CHAIN, key: OTHER, adoption: 'x' }];
  world.store.set(PLACE, encodeReport({ ...reportOf(SERVICE, FIRST), freed }));
  await world.commit(new Map(world.store));
  assert.equal(openText(world.book, [{ chain: CHAIN, key: OTHER }]), null);
  assert.match(openText(world.book, [{ chain: CHAIN, key: KEY }]) ?? '', new RegExp(ID));
  assert.match(openText(world.book, []) ?? '', new RegExp(ID), 'policies that were not read yet');
});
