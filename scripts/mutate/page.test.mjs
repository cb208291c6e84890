import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readExplanations } from './explained.mjs';
import { renderPage } from './page.mjs';
import { RUST_PACKAGE } from './rust.mjs';
import { mutatedFiles, TARGETS } from './targets.mjs';

const FILE = 'packages/duty/src/units.ts';
const mutant = (change) => ({
  line: 7,
  status: 'Killed',
  mutator: 'EqualityOperator',
  from: 'a < b',
  to: 'a <= b',
  killedBy: '',
  ...change,
});
const groups = (mutants) => [{ name: 'packages/duty', files: [{ file: FILE, mutants }] }];

test('the table counts each kind, and a survivor is listed with its explanation', () => {
  const explained = [{ file: FILE, code: 'a < b', why: 'equal values have one order' }];
  const mutants = [mutant({}), mutant({ status: 'Timeout' }), mutant({ status: 'Survived' })];
  const { text, open, stale } = renderPage(groups(mutants), { explained, added: [] });
  assert.match(text, /\| `src\/units.ts` \| 3 \| 1 \| 1 \| 1 \|/);
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

test('every explanation is about a file that is mutated', () => {
  const { explained, added } = readExplanations();
  const files = TARGETS.flatMap((target) => mutatedFiles(target));
  for (const { file } of [...explained, ...added])
    assert.ok(files.includes(file) || file.startsWith(RUST_PACKAGE), file);
});
