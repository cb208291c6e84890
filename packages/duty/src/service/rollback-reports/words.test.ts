import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeReport, reportOf } from './report.ts';
import { placeOf, SERVICE, steps, wordOf } from './testing/steps.ts';

const FIRST = wordOf(5);
const PLACE = placeOf(FIRST);

test('a record that the store refuses is written again until it is in the store, with bounded pauses and an error each time (C1)', async () => {
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

test('a record that lies at another place holds every key: its id would release another word', async () => {
  const place = placeOf(wordOf(6));
  const world = await steps({ store: new Map([[place, encodeReport(reportOf(SERVICE, FIRST))]]) });
  assert.ok(world.held());
  assert.ok(world.logs.includes('record-unreadable'));
});
