import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ROOT } from '../pinned.mjs';
import { readExplanations } from './explained.mjs';
import { groupsOf, PAGE, renderPage } from './page.mjs';
import { readResults, resultOf } from './results.mjs';
import { RUST_PACKAGE, rustFiles } from './rust.mjs';
import { mutatedFiles, TARGETS } from './targets.mjs';

const FILE = 'packages/duty/src/rule/units.ts';
const mutant = (change) => ({
  line: 7,
  status: 'Killed',
  mutator: 'EqualityOperator',
  from: 'a < b',
  to: 'a <= b',
  killedBy: '',
  ...change,
});
const groups = (mutants) => groupsOf([resultOf(FILE, mutants)], [FILE]);
const mutatedAll = () => [...TARGETS.flatMap((target) => mutatedFiles(target)), ...rustFiles()];
const NONE = { explained: [], added: [] };

test('the table counts each kind, and a survivor is listed with its explanation', () => {
  const explained = [{ file: FILE, code: 'a < b', why: 'equal values have one order' }];
  const mutants = [mutant({}), mutant({ status: 'Timeout' }), mutant({ status: 'Survived' })];
  const { text, open, stale } = renderPage(groups(mutants), { explained, added: [] });
  assert.match(text, /\| `units.ts` \| 3 \| 1 \| 1 \| 1 \|/);
  assert.match(text, /\| `units.ts` \| 7: `a < b` → `a <= b` \| equal values have one order \|/);
  assert.deepEqual([open, stale], [[], []]);
});

test('a survivor without an explanation is open, and an explanation without a survivor is stale', () => {
  const survived = groups([mutant({ status: 'NoCoverage', from: 'a || b', to: 'true' })]);
  const { text, open, stale } = renderPage(survived, {
    explained: [{ file: FILE, code: 'c', why: 'gone' }],
    added: [],
  });
  assert.match(text, /`a \\\|\\\| b` → `true` \| \*\*open\*\*/);
  assert.deepEqual(open, [`${FILE}:7: no explanation for \`a || b\` → \`true\``]);
  assert.deepEqual(stale, [`explained.json: no survivor in ${FILE} contains c`]);
});

test('an explanation may be of one mutator or of one replacement only', () => {
  const survived = mutant({ status: 'Survived' });
  const openWith = (change) =>
    renderPage(groups([survived]), { explained: [{ file: FILE, code: 'a', why: 'w', ...change }], added: [] })
      .open.length;
  assert.deepEqual(
    [openWith({}), openWith({ mutator: 'EqualityOperator' }), openWith({ to: 'a <= b' })],
    [0, 0, 0],
  );
  assert.deepEqual([openWith({ mutator: 'StringLiteral' }), openWith({ to: 'a > b' })], [1, 1]);
});

test('a section names the files that were never run, and leaves out a file without a mutant', () => {
  const types = 'packages/duty/src/rule/types.ts';
  const results = [resultOf(FILE, [mutant({})]), resultOf(types, [])];
  const { text } = renderPage(groupsOf(results, [FILE, types, 'packages/duty/src/rule/new.ts']), NONE);
  assert.match(text, /^Not run yet: `new\.ts`\.$/m);
  assert.doesNotMatch(text, /types\.ts/);
  assert.match(text, /\| \*\*all\*\* \| 1 \| 1 \| 0 \| 0 \|/);
  assert.deepEqual(groupsOf([], [FILE]), [], 'a package of which no file was run has no section');
});

test('a section names the files that only near tests judged', () => {
  const results = [resultOf(FILE, [mutant({})], true)];
  const { text } = renderPage(groupsOf(results, [FILE]), NONE);
  assert.match(text, /^Judged only by the tests named after the file, or of its folder: `units\.ts`\.$/m);
  assert.doesNotMatch(renderPage(groups([mutant({})]), NONE).text, /Judged only/);
});

test('survivors of files with the same name show as much of the path as they need to differ', () => {
  const files = ['packages/duty/src/store/etcd/keys.ts', 'packages/duty/src/store/tikv/keys.ts'];
  const results = files.map((file) => resultOf(file, [mutant({ status: 'Survived' })]));
  const { text } = renderPage(groupsOf(results, files), NONE);
  assert.match(text, /^\| `etcd\/keys\.ts` \| 7/m);
  assert.match(text, /^\| `tikv\/keys\.ts` \| 7/m);
});

test('the page is what the results and the explanations give, without an open or a stale entry', () => {
  const { text, open, stale } = renderPage(groupsOf(readResults(), mutatedAll()), readExplanations());
  // A new file changes this line, which need not be written at once.
  const withoutMissing = (page) => page.replaceAll(/^Not run yet: .*\n\n/gm, '');
  const written = withoutMissing(readFileSync(join(ROOT, PAGE), 'utf8'));
  assert.equal(written, withoutMissing(text), 'run `npm run mutate -- --page`');
  assert.deepEqual([open, stale], [[], []]);
});

test('every explanation is about a file that is mutated', () => {
  const { explained, added } = readExplanations();
  const files = TARGETS.flatMap((target) => mutatedFiles(target));
  for (const { file } of [...explained, ...added])
    assert.ok(files.includes(file) || file.startsWith(RUST_PACKAGE), file);
});
