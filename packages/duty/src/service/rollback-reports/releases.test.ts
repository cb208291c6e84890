import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeReport, encodeReport, type Freed, type Report } from './report.ts';
import { CHAIN, KEY, OTHER, placeOf, type Steps, steps, wordOf } from './testing/steps.ts';

const WORD = wordOf(5);
const PLACE = placeOf(WORD);
const freedOf = (key: string): Freed => ({ chain: CHAIN, key, adoption: 'ada' });

/** An adoption's transaction: the record as it is in the store, with one more freed key. */
async function adopt(world: Steps, key: string, place = PLACE): Promise<void> {
  const report = decodeReport(place, world.store.get(place) ?? '');
  const text = encodeReport({ ...report, freed: [...report.freed, freedOf(key)] });
  world.store.set(place, text);
  await world.commit(new Map([[place, text]]));
}

function storedAt(world: Steps, place = PLACE): Report {
  return decodeReport(place, world.store.get(place) ?? '');
}

test('neither time nor another service, nor a gap, releases a word', async () => {
  const world = await steps();
  await world.say(WORD);
  world.verdicts.set(PLACE, 'gap');
  await world.pass(3_600_000);
  assert.ok(world.held());
  assert.equal(storedAt(world).released, null);
});

test('a later word of the same start is held, and the key that stayed held stays held (B7)', async () => {
  const world = await steps();
  await world.say(WORD);
  await adopt(world, KEY);
  assert.equal(world.held(KEY), false);
  await world.say(wordOf(9));
  assert.ok(world.held(KEY));
  assert.ok(world.held(OTHER));
});
