// The choice of `npm test -- --changed`, the graph of imports behind it, and the text of a failure.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { plantTree } from '../check/fixture-tree.mjs';
import { touchesAll } from './changed.mjs';
import { nearest, withFiles } from './choose.mjs';
import { failureText } from './failure-text.mjs';
import { readImporters } from './import-graph.mjs';
import { TIERS } from './tiers.mjs';

const all = TIERS.map((tier) => withFiles(tier, 'quick'));
const DRAW = 'packages/nominate/src/score/draw.ts';

/** By tier, for files that took so long each. */
function chosenFor(paths, seconds, each = 1) {
  const printed = [];
  const earlier = new Map(all.flatMap((tier) => tier.files).map((file) => [file, each]));
  const tiers = nearest(all, paths, { seconds, print: (text) => printed.push(text) }, earlier);
  const of = (name) => tiers.find((tier) => tier.name === name) ?? { files: [], commands: [] };
  return { of, files: tiers.flatMap((tier) => tier.files), said: printed.join('\n') };
}

test('a change has its lint, its types and the tests that import it, nearest first', () => {
  const { of, files, said } = chosenFor([DRAW], 1e6);
  const near = 'packages/nominate/src/score/profile-1kv.test.ts';
  for (const file of [near, 'packages/watchbill/src/run.test.ts', 'test/stories/nominate.test.ts'])
    assert.ok(files.includes(file), file);
  assert.ok(!files.some((file) => file.startsWith('packages/kit/')), 'no test of kit');
  const commands = of('check').commands;
  const checks = commands.map(({ name }) => name);
  for (const name of ['types', 'lint and format', 'plain English']) assert.ok(checks.includes(name), name);
  assert.ok(!checks.includes('import rules'));
  assert.equal(commands.find(({ name }) => name === 'lint and format')?.args.at(-1), DRAW);
  assert.match(
    said,
    /^searching what imports them\n.*\nleft out: \d+ checks of the whole tree, 0 files farther away$/s,
  );
  const some = chosenFor([DRAW], 16);
  assert.ok(some.files.includes(near) && some.files.length < files.length);
  assert.match(some.said, /[1-9]\d* files farther away\n.*16 s; add --minutes 10$/);
});

test('a changed test runs however long it takes, and a changed script its command', () => {
  const changed = 'packages/nominate/src/score/inputs.test.ts';
  assert.deepEqual(chosenFor([changed], 30, 1e4).files, [changed]);
  const { commands } = chosenFor(['scripts/check/module-imports.mjs'], 30).of('check');
  const names = commands.map(({ name }) => name);
  assert.ok(
    names.includes('circles of imports') && names.includes('tests through doors') && !names.includes('types'),
  );
  for (const path of ['scripts/check/size.mjs', 'packages/kit/src/index.ts'])
    assert.equal(touchesAll([path], 'quick'), undefined);
  for (const path of ['scripts/tests/pool.mjs', 'scripts/pinned.mjs', 'packages/kit/package.json'])
    assert.equal(touchesAll([path], 'quick'), path);
});

test('the graph has each kind of import, and a cache that never says what a source no longer says', (t) => {
  const { root, write } = plantTree(t, {
    'packages/a/package.json': '{ "name": "@watchbill/a", "exports": { "./b/*": "./src/b/*.ts" } }',
    'packages/a/src/b/c/d.ts': 'export const d = 1;',
    'test/one.ts': "import type { D } from '@watchbill/a/b/c/d';",
    'test/two.ts': "const one = await import('./one.ts');",
    'test/three.ts': "spawn(new URL('two.ts', import.meta.url)); import.meta.resolve('./one.ts');",
  });
  const cache = join(root, 'cache.json');
  const read = () => Object.fromEntries(readImporters(root, cache));
  const first = {
    'packages/a/src/b/c/d.ts': ['test/one.ts'],
    'test/one.ts': ['test/three.ts', 'test/two.ts'],
    'test/two.ts': ['test/three.ts'],
  };
  const sorted = (graph) => Object.fromEntries(Object.entries(graph).map(([to, from]) => [to, from.sort()]));
  assert.deepEqual(sorted(read()), first);
  const kept = readFileSync(cache, 'utf8');
  writeFileSync(cache, kept.replaceAll('"two.ts"', '"x.ts"').replaceAll('"./two.ts"', '"./x.ts"'));
  assert.deepEqual(read()['test/x.ts'], ['test/three.ts'], 'an unchanged source is not read again');
  writeFileSync(cache, '{ damaged');
  assert.deepEqual(sorted(read()), first);
  write({ 'test/two.ts': "import './three.ts';", 'test/three.ts': undefined });
  assert.deepEqual(read(), { 'packages/a/src/b/c/d.ts': ['test/one.ts'], 'test/three.ts': ['test/two.ts'] });
});

test('a failed assertion is ten lines with its place, and the command that runs its file alone', () => {
  const lines = (count) => Array.from({ length: count }, (_, at) => `line ${at}`).join('\n');
  const error = new assert.AssertionError({
    actual: lines(40),
    expected: lines(50),
    operator: 'deepStrictEqual',
  });
  const failed = { file: 'a/b.test.ts', failures: [`name (line 3)\n${inspect(error)}`], output: lines(30) };
  const text = failureText(failed, false);
  assert.match(text, /^FAILED a\/b\.test\.ts\n {2}- name \(line 3\)\n/);
  assert.match(text, /\n {2}… \d+ more lines\n {2} +at .*nearest\.test\.mjs:\d+:\d+\)?\n/);
  assert.match(text, /\n {2}by itself: node_modules\/\.bin\/node --test a\/b\.test\.ts$/);
  assert.equal(text.split('\n').length, 1 + 10 + 1);
  assert.match(
    failureText({ ...failed, failures: ['x\nError: no'] }, false),
    /output of its process:\n.*line 20\n/,
  );
  const whole = failureText(failed, true);
  assert.ok(whole.includes('line 29') && !whole.includes('more lines'), 'CI shows all');
});
