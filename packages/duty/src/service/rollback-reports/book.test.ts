import assert from 'node:assert/strict';
import { test } from 'node:test';
import { blankEntry, type Entry, heldText, holdsKey, isFreed, isHolding, openText, viewsOf } from './book.ts';
import { encodeReport, type Report, reportId, reportOf } from './report.ts';
import { CHAIN, KEY, OTHER, placeOf, SERVICE, type Steps, steps, wordOf } from './testing/steps.ts';

const WORD = wordOf(5);
const PLACE = placeOf(WORD);
const OTHER_CHAIN = `0x${'c2'.repeat(32)}`;
const HELD = reportOf(SERVICE, wordOf(5));
const RELEASE = { how: 'operator', by: 'ada', reason: 'r', atMs: 1 } as const;
const RELEASED: Report = { ...HELD, released: RELEASE };
const FREED = [{ chain: CHAIN, key: KEY, adoption: 'x' }];

const entryOf = (change: Partial<Entry> = {}): Entry => ({ ...blankEntry(PLACE), report: HELD, ...change });

test('an entry begins with a read of its record', () => {
  assert.deepEqual(blankEntry(PLACE), {
    ...{ recordKey: PLACE, report: null, unreadable: false, stored: null, unsaved: false, stale: true },
    ...{ storing: false, kept: false, unkept: [], keeping: false, fault: null },
    ...{ floorAbove: false, judging: null, saidAgain: false, claimed: null },
  });
});

test('a held report holds, and so does one that is in doubt', () => {
  assert.equal(isHolding(entryOf()), true);
  assert.equal(isHolding(entryOf({ report: RELEASED })), false);
  assert.equal(isHolding(entryOf({ report: null })), false);
  for (const doubt of [{ unreadable: true }, { saidAgain: true }])
    for (const report of [null, RELEASED]) assert.equal(isHolding(entryOf({ report, ...doubt })), true);
});

test('a held report holds each key that it has not freed; one in doubt holds all', () => {
  const holds = (change: Partial<Entry>, key = KEY, chain = CHAIN) => holdsKey(entryOf(change), chain, key);
  assert.deepEqual([holds({}), holds({}, OTHER)], [true, true]);
  const report = { ...HELD, freed: FREED };
  assert.deepEqual([holds({ report }), holds({ report }, OTHER)], [false, true]);
  assert.equal(holds({ report }, KEY, OTHER_CHAIN), true, 'the key of another chain');
  for (const doubt of [{ unreadable: true }, { saidAgain: true }])
    for (const released of [null, RELEASE])
      assert.equal(holds({ report: { ...report, released }, floorAbove: true, ...doubt }), true);
  assert.equal(holds({ report: RELEASED }), false);
});

test('a floor at or above the word frees the key of the word alone', () => {
  const isFree = (change: Partial<Entry>, key = KEY, chain = CHAIN) => isFreed(entryOf(change), chain, key);
  assert.equal(isFree({}), false);
  assert.equal(isFree({ floorAbove: true }), true);
  assert.equal(isFree({ floorAbove: true }, OTHER), false);
  assert.equal(isFree({ floorAbove: true }, KEY, OTHER_CHAIN), false);
  assert.equal(isFree({ floorAbove: true, report: null }), false);
});

const name = (key: string) => ({ chain: CHAIN, key });

/** A service that holds a word, after an adoption freed these keys. */
async function heldWorld(...freed: readonly string[]): Promise<Steps> {
  const world = await steps();
  await world.say(WORD);
  const report = { ...reportOf(SERVICE, WORD), freed: freed.map((key) => ({ ...name(key), adoption: 'x' })) };
  world.store.set(PLACE, encodeReport(report));
  await world.commit(new Map(world.store));
  return world;
}

test('the reason names the word, the mark and each remedy', async () => {
  const text = heldText((await heldWorld()).book, CHAIN, KEY) ?? '';
  for (const piece of [
    `rollback report ${reportId(PLACE)}: node a remembers more of babe of key `,
    `key ${KEY} on chain ${CHAIN} than the store holds (${WORD.why}), so every key is held. `,
    '(`watchbill adopt`) with floors; for babe, at or above 5. ',
    `\`watchbill rollback-report release ${reportId(PLACE)} --reason TEXT\``,
  ])
    assert.ok(text.includes(piece), text);
});

test('a record that cannot be read names the release that can, and holds every key', async () => {
  const known = await heldWorld();
  known.store.set(PLACE, '{"v":3}');
  await known.hint(PLACE);
  for (const world of [known, await steps({ store: new Map([[PLACE, '{"v":3}']]) })]) {
    const text = heldText(world.book, CHAIN, OTHER) ?? '';
    assert.match(text, /cannot be read, so every key is held\. Run the release .* that wrote /);
    assert.ok(text.endsWith(PLACE));
  }
});

test('a service is held back by any key that has a policy, and by no report that was released', async () => {
  const world = await heldWorld(OTHER);
  assert.notEqual(openText(world.book, []), null, 'policies that were not read yet');
  assert.equal(heldText(world.book, CHAIN, OTHER), null);
  assert.notEqual(openText(world.book, [name(OTHER), name(KEY)]), null);
  assert.equal(openText(world.book, [name(OTHER)]), null);
  world.verdicts.set(PLACE, 'lineage');
  await world.pass(20_000);
  assert.equal(world.book.entries.get(PLACE)?.report?.released?.how, 'explained');
  assert.equal(openText(world.book, []), null);
});

test('a released word that is said again is shown as held until its mark was looked at', async () => {
  const world = await heldWorld();
  world.verdicts.set(PLACE, 'lineage');
  await world.pass(20_000);
  const entry = world.book.entries.get(PLACE);
  assert.ok(entry);
  entry.saidAgain = true;
  const [view] = viewsOf(world.book);
  assert.deepEqual([view?.id, view?.state, view?.released], [reportId(PLACE), 'held', null]);
});
