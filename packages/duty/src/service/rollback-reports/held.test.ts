import assert from 'node:assert/strict';
import { test } from 'node:test';
import { heldText, openText, viewsOf } from './book.ts';
import { encodeReport, reportId, reportOf } from './report.ts';
import { CHAIN, KEY, OTHER, placeOf, reportAt, SERVICE, type Steps, steps, wordOf } from './testing/steps.ts';

const WORD = wordOf(5);
const PLACE = placeOf(WORD);
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
  const text = heldText((await heldWorld()).book, name(KEY)) ?? '';
  assert.match(
    text,
    new RegExp(`^rollback report ${reportId(PLACE)}: node a remembers more of babe of key `),
  );
  for (const piece of [
    `key ${KEY} on chain ${CHAIN} than the store holds (${WORD.why}), so every key is held. `,
    '(`watchbill adopt`) with floors; for babe, at or above 5. ',
    `\`watchbill rollback-report release ${reportId(PLACE)} --reason TEXT\``,
  ])
    assert.ok(text.includes(piece), text);
});

test('a word without a unit names no floor', async () => {
  const world = await steps();
  await world.say({ ...WORD, point: { ...WORD.point, unit: null, top: null } });
  const text = heldText(world.book, name(KEY)) ?? '';
  assert.ok(text.includes('(`watchbill adopt`). If the node'), text);
});

test('a record that cannot be read names the release that can, and holds every key', async () => {
  const known = await heldWorld();
  known.store.set(PLACE, '{"v":3}');
  await known.hint(PLACE);
  for (const world of [known, await steps({ store: new Map([[PLACE, '{"v":3}']]) })]) {
    const text = heldText(world.book, name(OTHER)) ?? '';
    assert.match(text, /cannot be read, so every key is held\. Run the release .* that wrote /);
    assert.ok(text.endsWith(PLACE));
  }
});

test('a service is held back by any key that has a policy, and by no report that was released', async () => {
  const world = await heldWorld(OTHER);
  assert.notEqual(openText(world.book, []), null, 'policies that were not read yet');
  assert.equal(heldText(world.book, name(OTHER)), null);
  assert.notEqual(openText(world.book, [name(OTHER), name(KEY)]), null);
  assert.equal(openText(world.book, [name(OTHER)]), null);
  world.verdicts.set(PLACE, 'lineage');
  await world.pass(20_000);
  assert.equal(reportAt(world, PLACE).state, 'released');
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
