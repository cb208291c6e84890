import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Unit } from '../../rule/index.ts';
import { MAX_FREED_AT_ONCE, MAX_FREED_BYTES, planFreeing } from './freeing.ts';
import { decodeReport, encodeReport } from './report.ts';
import { CHAIN, HELD, ID, KEY, OTHER, PLACE, type Steps, steps, WORD, wordOf } from './testing/steps.ts';

function plan(world: Steps, floors: Record<string, Unit | null>, key = KEY, chain = CHAIN) {
  const adoption = { chain, key, floors: new Map(Object.entries(floors)), by: 'ada', atMs: 0 };
  return planFreeing(world.book.entries.values(), world.store, adoption);
}

async function heldWorld(): Promise<Steps> {
  const world = await steps();
  await world.say(WORD);
  return world;
}

/** A service that holds sixteen words of each of these nodes. */
async function fullWorld(nodes: number): Promise<Steps> {
  const world = await steps();
  for (let node = 0; node < nodes; node++)
    for (let slot = 1; slot <= 16; slot++)
      await world.say(wordOf(slot + 100 * node, { node: `node-${node}` }));
  return world;
}

function refused(world: Steps, floors: Record<string, Unit | null>, key = KEY): string {
  const found = plan(world, floors, key);
  assert.ok(!found.ok);
  return found.why;
}

function allowed(world: Steps, floors: Record<string, Unit | null>, key = KEY) {
  const found = plan(world, floors, key);
  assert.ok(found.ok);
  return found;
}

const reportIn = (world: Steps, place = PLACE) => decodeReport(place, world.store.get(place) ?? '');

describe('an adoption while a word of its key is held', () => {
  test('with a floor below the word is refused, and names the word', async () => {
    const why = new RegExp(`${ID} of node a needs a floor of babe at or above 5; given: 4`);
    assert.match(refused(await heldWorld(), { babe: [4n] }), why);
  });

  test('with "never signed", or without a floor for that duty, is refused', async () => {
    assert.match(refused(await heldWorld(), { babe: null }), /; given: never signed$/);
    assert.match(refused(await heldWorld(), { grandpa: [9n, 9n] }), /; none is given$/);
  });

  test('the top of a report that holds further words counts', async () => {
    const world = await steps();
    for (let slot = 1; slot <= 20; slot++) await world.say(wordOf(slot));
    assert.equal(plan(world, { babe: [19n] }).ok, false);
    assert.equal(plan(world, { babe: [20n] }).ok, true);
  });

  test('a word without a unit needs no floor', async () => {
    const world = await steps();
    await world.say({ ...WORD, point: { ...WORD.point, unit: null, top: null } });
    assert.equal(plan(world, { babe: null }).ok, true);
  });
});

describe('a report that was freed, or released, before', () => {
  const freedFor = async (chain: string, key: string): Promise<Steps> => {
    const world = await heldWorld();
    world.store.set(PLACE, encodeReport({ ...HELD, freed: [{ chain, key, adoption: 'earlier' }] }));
    return world;
  };

  test('needs no floor for a key that it was freed for, and is not written again', async () => {
    const found = allowed(await freedFor(CHAIN, KEY), { babe: null });
    assert.deepEqual([found.writes, found.compares, found.left], [[], [], 0]);
  });

  test('needs a floor, and is freed, for any other key', async () => {
    for (const [chain, key] of [
      [CHAIN, OTHER],
      [OTHER, KEY],
      [OTHER, OTHER],
    ] as const) {
      assert.equal(plan(await freedFor(chain, key), { babe: [4n] }).ok, false, `${chain} ${key}`);
      const found = allowed(await freedFor(chain, key), { babe: [5n] });
      assert.equal(found.writes.length, 1);
      assert.equal(decodeReport(PLACE, found.texts.get(PLACE) ?? '').freed.length, 2);
    }
  });

  test('stays as it is after its release', async () => {
    const world = await heldWorld();
    world.verdicts.set(PLACE, 'lineage');
    await world.pass(20_000);
    assert.equal(reportIn(world).released?.how, 'explained');
    const found = allowed(world, { babe: null });
    assert.deepEqual([found.writes, found.left], [[], 0]);
  });
});

describe('an adoption while a word of another key is held', () => {
  test('needs no floor for it, and writes itself into that record', async () => {
    const found = allowed(await heldWorld(), { babe: null }, OTHER);
    assert.deepEqual([...found.texts.keys()], [PLACE]);
    assert.ok(plan(await heldWorld(), { babe: null }, KEY, OTHER).ok, 'also for this key on another chain');
  });

  test('a report that is not in the store yet refuses it', async () => {
    const world = await steps();
    world.faults.store = true;
    await world.say(WORD);
    assert.match(refused(world, { babe: [9n] }, OTHER), /is not in the store yet/);
  });

  test('a further word that is not in the store yet refuses it', async () => {
    const world = await steps();
    for (let slot = 1; slot <= 16; slot++) await world.say(wordOf(slot));
    world.faults.store = true;
    await world.say(wordOf(17));
    assert.equal(plan(world, { babe: [99n] }).ok, false);
  });

  test('a record that cannot be read refuses it', async () => {
    const world = await steps({ store: new Map([[PLACE, '{"v":3}']]) });
    assert.match(
      refused(world, { babe: [9n] }),
      /^the record \S+ cannot be read: [^;]*version 3[^;]*$/,
      'one problem',
    );
  });

  test('frees fewer reports if each one names many keys, so that the request stays below the limit of etcd', async () => {
    const world = await fullWorld(3);
    const adoption = `recovery ${'ab'.repeat(16)} at 2026-11-22T20:00:00.000Z`;
    const others = Array.from({ length: 90 }, (_, at) => ({
      chain: CHAIN,
      key: `0x${String(at).padStart(64, '0')}`,
      adoption,
    }));
    for (const recordKey of world.store.keys())
      world.store.set(recordKey, encodeReport({ ...reportIn(world, recordKey), freed: others }));
    for (let turn = 0, left = 48; left > 0; turn++) {
      const found = allowed(world, { babe: [999n] });
      assert.ok(turn < 48);
      assert.ok(found.writes.length > 0 && found.writes.length < 48);
      const values = [...found.compares, ...found.writes].map(({ value }) => value?.length ?? 0);
      assert.ok(values.reduce((sum, length) => sum + length, 0) <= MAX_FREED_BYTES);
      for (const [recordKey, text] of found.texts) world.store.set(recordKey, text);
      left -= found.writes.length;
      assert.equal(found.left, left);
    }
  });

  test('frees a report that is larger than the bound by itself', async () => {
    const world = await heldWorld();
    const freed = [{ chain: CHAIN, key: OTHER, adoption: 'x'.repeat(MAX_FREED_BYTES) }];
    world.store.set(PLACE, encodeReport({ ...HELD, freed }));
    const found = allowed(world, { babe: [5n] });
    assert.deepEqual([found.writes.length, found.left], [1, 0]);
  });

  test('frees as many reports as fit into one transaction; the next adoption frees the rest', async () => {
    const world = await fullWorld(5);
    let left = 80;
    for (const count of [MAX_FREED_AT_ONCE, 80 - MAX_FREED_AT_ONCE]) {
      const found = allowed(world, { babe: [999n] });
      assert.equal(found.writes.length, count);
      left -= count;
      assert.equal(found.left, left);
      for (const [recordKey, text] of found.texts) world.store.set(recordKey, text);
      await world.commit(found.texts);
      assert.equal(world.held(KEY), left > 0);
    }
  });
});
