// A baseline only goes down: no flag raises a number or adds a key.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plantTree } from './fixture-tree.mjs';
import { compareFolders, runRatchet } from './ratchet.mjs';

/** A check with fixed counts. */
const checkOf = (entries, more = {}) => ({
  name: 'sample',
  measure: () => ({
    entries,
    summary: (baseline) => `${Object.keys(entries).length} of ${Object.keys(baseline).length}`,
  }),
  ...more,
});

const BASELINE = { 'scripts/check/baseline/sample.json': '{ "a": 3, "b": 2 }' };

test('counts equal to the baseline pass with one line', async (t) => {
  const { root } = plantTree(t, BASELINE);
  assert.deepEqual(await runRatchet(checkOf({ a: 3, b: 2 }), root), { exitCode: 0, lines: ['2 of 2'] });
});

for (const [what, entries] of [
  ['a number that grew', { a: 4, b: 2 }],
  ['a new key', { a: 3, b: 2, c: 1 }],
  ['a number that grew while another went down', { a: 4, b: 0 }],
]) {
  test(`${what} fails, and --update and --init leave the baseline alone`, async (t) => {
    const { root, baseline } = plantTree(t, BASELINE);
    for (const flags of [[], ['--update'], ['--init'], ['--update', '--init'], ['--accept']]) {
      const { exitCode, lines } = await runRatchet(checkOf(entries), root, flags);
      assert.equal(exitCode, 1, flags.join());
      assert.ok(lines.length > 0);
      assert.deepEqual(baseline('sample'), { a: 3, b: 2 });
    }
  });
}

for (const [what, entries] of [
  ['a smaller number', { a: 1, b: 2 }],
  ['a key that is gone', { a: 3 }],
]) {
  test(`${what} asks for --update, which lowers the baseline`, async (t) => {
    const { root, baseline } = plantTree(t, BASELINE);
    const refused = await runRatchet(checkOf(entries), root);
    assert.equal(refused.exitCode, 1);
    assert.match(refused.lines.at(-1), /run `node scripts\/check\/sample[.]mjs --update`/);
    assert.equal((await runRatchet(checkOf(entries), root, ['--update'])).exitCode, 0);
    assert.deepEqual(baseline('sample'), entries);
    assert.equal((await runRatchet(checkOf(entries), root)).exitCode, 0);
  });
}

test('a check without a baseline fails until --init has written one', async (t) => {
  const { root, baseline } = plantTree(t, {});
  assert.match((await runRatchet(checkOf({ a: 1 }), root)).lines[0], /--init/);
  assert.equal((await runRatchet(checkOf({ a: 1 }), root, ['--update'])).exitCode, 1);
  assert.equal((await runRatchet(checkOf({ a: 1 }), root, ['--init'])).exitCode, 0);
  assert.deepEqual(baseline('sample'), { a: 1 });
});

test('a new folder takes over at most the counts of the same kind that other folders lost', () => {
  const before = { 'one: told': 5, 'one: own': 1 };
  assert.deepEqual(compareFolders(before, { 'one: told': 2, 'two: told': 3, 'one: own': 1 }).worse, []);
  assert.equal(compareFolders(before, { 'one: told': 2, 'two: told': 4, 'one: own': 1 }).worse.length, 1);
  assert.equal(compareFolders(before, { 'one: told': 2, 'two: own': 1, 'one: own': 1 }).worse.length, 1);
  assert.equal(
    compareFolders({ a: 3, b: 1 }, { a: 2, b: 2 }).worse.length,
    1,
    'a known folder takes over no counts',
  );
});

test('with intoKnown a known folder takes over what others lost, and air only together with a loss', () => {
  const compare = (measured, options) => compareFolders({ a: 300, b: 100 }, measured, options).worse.length;
  const moves = { intoKnown: true, air: 100 };
  assert.equal(compare({ a: 200, b: 200 }, { intoKnown: true }), 0);
  assert.equal(compare({ a: 200, b: 201 }, { intoKnown: true }), 1);
  assert.equal(compare({ a: 200, b: 200, c: 100 }, { intoKnown: true }), 1, 'taken over once');
  assert.equal(compare({ a: 200, b: 300 }, moves), 0, 'both were rounded up');
  assert.equal(compare({ a: 200, b: 301 }, moves), 1);
  assert.equal(compare({ a: 300, b: 101 }, moves), 1, 'without a loss');
  assert.equal(compare({ a: 200, b: 100, c: 200 }, moves), 0, 'a new folder');
});
