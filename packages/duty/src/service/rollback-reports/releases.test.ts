import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { decodeReport, encodeReport, type Freed, type Report, reportId } from './report.ts';
import { CHAIN, KEY, OTHER, placeOf, type Steps, steps, wordOf } from './testing/steps.ts';

const WORD = wordOf(5);
const PLACE = placeOf(WORD);
const ID = reportId(PLACE);
const freedOf = (key: string): Freed => ({ chain: CHAIN, key, adoption: 'ada' });

/** An adoption's transaction: the record as it is in the store, with one more freed key. */
async function adopt(world: Steps, key: string, place = PLACE): Promise<void> {
  const report = decodeReport(place, world.store.get(place) ?? '');
  const text = encodeReport({ ...report, freed: [...report.freed, freedOf(key)] });
  world.store.set(place, text);
  await world.commit(new Map([[place, text]]));
}

function operatorText(report: Report): string {
  const released = { how: 'operator', by: 'ada', reason: 'node a is a copy', atMs: 1 } as const;
  return encodeReport({ ...report, released });
}

function storedAt(world: Steps, place = PLACE): Report {
  return decodeReport(place, world.store.get(place) ?? '');
}

describe('rule 1: lineage', () => {
  test('neither time nor another service, nor a gap, releases a word', async () => {
    const world = await steps();
    await world.say(WORD);
    world.verdicts.set(PLACE, 'gap');
    await world.pass(3_600_000);
    assert.ok(world.held());
    assert.equal(storedAt(world).released, null);
  });
});

describe('rule 2: floors and adoptions', () => {
  test('the report is released when every key of every policy is freed', async () => {
    const world = await steps();
    await world.say(WORD);
    await adopt(world, OTHER);
    await adopt(world, KEY);
    assert.equal(storedAt(world).released?.how, 'adopted');
    assert.deepEqual(world.releases, [`${ID} adopted`]);
    assert.equal(world.held(`0x${'ee'.repeat(32)}`), false, 'a policy that is made later is not held');
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
});

describe('rule 3: an operator', () => {
  test('a read that began before the release does not undo it', async () => {
    const world = await steps();
    await world.say(WORD);
    const text = storedAt(world);
    const released = operatorText(text);
    const read = world.hint(PLACE);
    world.store.set(PLACE, released);
    await world.commit(new Map([[PLACE, released]]));
    await read;
    assert.equal(world.held(), false);
    assert.equal(storedAt(world).released?.how, 'operator');
  });
});

describe('a store that goes back after a release', () => {
  async function released(how: 'lineage' | 'adopted'): Promise<Steps> {
    const world = await steps();
    await world.say(WORD);
    if (how === 'lineage') world.verdicts.set(PLACE, 'lineage');
    else for (const key of [OTHER, KEY]) await adopt(world, key);
    await world.pass(10_000);
    assert.equal(world.held(), false);
    return world;
  }

  test('the word is said again and the mark does not explain it: held, on the disk too', async () => {
    const world = await released('lineage');
    world.verdicts.set(PLACE, 'none');
    await world.say(WORD);
    assert.ok(world.held());
    assert.equal(storedAt(world).released, null);
    assert.deepEqual([...world.disk.keys()], [ID]);
  });

  test('the record is gone: held, and written again', async () => {
    const world = await released('adopted');
    world.store.clear();
    await world.hint(PLACE);
    assert.ok(world.held(OTHER));
    assert.equal(storedAt(world).released, null);
  });
});
