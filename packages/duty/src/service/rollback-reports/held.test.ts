import assert from 'node:assert/strict';
import { test } from 'node:test';
import { heldText, openText, viewsOf } from './held.ts';
import { encodeReport, reportId, reportOf } from './report.ts';
import { CHAIN, KEY, OTHER, placeOf, reportAt, SERVICE, type Steps, steps, wordOf } from './testing/steps.ts';

const WORD = wordOf(5);
const PLACE = placeOf(WORD);
const name = (key: string) => ({ chain: CHAIN, key });

/** A service that holds a word, after an adoption freed these keys. */
function heldWorld(...freed: readonly string[]): Steps {
  const world = steps();
  world.say(WORD);
  const report = { ...reportOf(SERVICE, WORD), freed: freed.map((key) => ({ ...name(key), adoption: 'x' })) };
  world.store.set(PLACE, encodeReport(report));
  world.send({ kind: 'committed', texts: new Map(world.store) });
  return world;
}

test('the reason names the word, the mark and each remedy', () => {
  const text = heldText(heldWorld().state(), name(KEY)) ?? '';
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

test('a word without a unit names no floor', () => {
  const world = steps();
  world.say({ ...WORD, point: { ...WORD.point, unit: null, top: null } });
  const text = heldText(world.state(), name(KEY)) ?? '';
  assert.ok(text.includes('(`watchbill adopt`). If the node'), text);
});

test('a record that cannot be read names the release that can, and holds every key', () => {
  const known = heldWorld();
  known.store.set(PLACE, '{"v":3}');
  known.send({ kind: 'record-changed', recordKey: PLACE });
  for (const world of [known, steps({ store: new Map([[PLACE, '{"v":3}']]) })]) {
    const text = heldText(world.state(), name(OTHER)) ?? '';
    assert.match(text, /cannot be read, so every key is held\. Run the release .* that wrote /);
    assert.ok(text.endsWith(PLACE));
  }
});

test('a service is held back by any key that has a policy, and by no report that was released', () => {
  const world = heldWorld(OTHER);
  assert.notEqual(openText(world.state(), []), null, 'policies that were not read yet');
  assert.equal(heldText(world.state(), name(OTHER)), null);
  assert.notEqual(openText(world.state(), [name(OTHER), name(KEY)]), null);
  assert.equal(openText(world.state(), [name(OTHER)]), null);
  world.verdicts.set(PLACE, 'lineage');
  world.pass(20_000);
  assert.equal(reportAt(world, PLACE).state, 'released');
  assert.equal(openText(world.state(), []), null);
});

test('a released word that is said again is shown as held until its mark was looked at', () => {
  const world = heldWorld();
  world.verdicts.set(PLACE, 'lineage');
  world.pass(20_000);
  const judged: Steps['verdicts'] = world.verdicts;
  judged.set(PLACE, 'none');
  const state = world.state();
  const entry = state.entries.get(PLACE);
  assert.ok(entry);
  const said = { ...state, entries: new Map([[PLACE, { ...entry, saidAgain: true }]]) };
  const [view] = viewsOf(said);
  assert.deepEqual([view?.id, view?.state, view?.released], [reportId(PLACE), 'held', null]);
});
