// The check of the table of the protocol page, on small trees.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DUTIES } from '@watchbill/duty/rule';
import { plantTree } from './fixture-tree.mjs';
import { dutyProblems, problemsOf } from './protocol-table.mjs';

const PAGE = 'docs/duty/explanation/protocol.md';
const SEARCHES = [{ name: 'control: no rule', model: 'duty/a.pml' }];
const GOOD =
  "| 1 | one | [a.ts](../../../p/a.ts) | [a.test.ts](../../../p/a.test.ts) `it's one` | [a.pml](../../../spec/duty/a.pml) `control: no rule` |";
const EXCUSED = '| 2 | two | none: not built | not yet: no reason to | none: pure |';

const page = (text, ...rows) =>
  `# Page\n\n${text}\n\n## 9. Sentence by sentence\n\n| ▸ | s | code | test | model |\n|---|---|---|---|---|\n${rows.join('\n')}\n`;

/** The problems of a page in a tree with one source, one test, one Rust test and one model. */
function problemsIn(t, text, ...rows) {
  const { root } = plantTree(t, {
    [PAGE]: page(text, ...rows),
    'p/a.ts': '',
    'p/a.test.ts': "test('it\\'s one', () => {});",
    'p/a.rs': 'fn it_is_one() {}',
    'spec/duty/a.pml': '',
  });
  return problemsOf(root, SEARCHES);
}

test('a table with a row for each sentence passes, also if the text refers to a sentence twice', (t) => {
  assert.deepEqual(problemsIn(t, '▸1 one, ▸2 two, as in ▸1.', GOOD, EXCUSED), []);
  const rust = GOOD.replace(
    "[a.test.ts](../../../p/a.test.ts) `it's one`",
    '[a.rs](../../../p/a.rs) `it_is_one`',
  );
  assert.deepEqual(problemsIn(t, '▸1 one', rust), []);
});

test('a sentence without a row, a row without a sentence, and a number that occurs twice are named', (t) => {
  assert.deepEqual(problemsIn(t, '▸1 one, ▸3 three.', GOOD, EXCUSED), [
    '▸3 has no row',
    'row 2 has no ▸2 in the text',
  ]);
  assert.deepEqual(problemsIn(t, '▸1 one', GOOD, GOOD), ['two rows have number 1']);
  assert.ok(problemsIn(t, '▸1 one, ▸ two', GOOD).includes('a ▸ has no number'));
});

for (const [what, from, to, problem] of [
  ['a code file', 'p/a.ts', 'p/b.ts', /code: p\/b\.ts does not exist/],
  ['a test file', 'p/a.test.ts)', 'p/b.test.ts)', /test: p\/b\.test\.ts does not exist/],
  ['a test', "it's one", "it's two", /test: p\/a\.test\.ts has no test "it's two"/],
  ['the name of a test', " `it's one`", '', /add the name of the test/],
  [
    'a search',
    'control: no rule',
    'control: a rule',
    /model: spec\/duty\/a\.pml has no search "control: a rule"/,
  ],
  ['a model', 'duty/a.pml)', 'duty/b.pml)', /model: spec\/duty\/b\.pml does not exist/],
]) {
  test(`${what} that does not exist is named`, (t) => {
    const problems = problemsIn(t, '▸1 one', GOOD.replace(from, to));
    assert.equal(problems.length, 1);
    assert.match(problems[0], problem);
  });
}

test('a search counts for the model that it searches only', (t) => {
  const { root } = plantTree(t, {
    [PAGE]: page('▸1 one', GOOD.replaceAll('a.pml', 'b.pml')),
    'p/a.ts': '',
    'p/a.test.ts': "test('it\\'s one', () => {});",
    'spec/duty/b.pml': '',
  });
  assert.match(problemsOf(root, SEARCHES)[0], /spec\/duty\/b\.pml has no search/);
});

test('an excuse needs its words and a reason, in the column that it is for', (t) => {
  for (const [from, to] of [
    ['none: not built', 'none:'],
    ['not yet: no reason to', 'none: no reason to'],
    ['none: pure', ''],
  ]) {
    assert.equal(problemsIn(t, '▸2 two', EXCUSED.replace(from, to)).length, 1, to);
  }
});

test('a page without the table is refused', (t) => {
  assert.throws(() => problemsIn(t, '▸1 one'), /has no rows/);
  const { root } = plantTree(t, { [PAGE]: '# Page\n' });
  assert.throws(() => problemsOf(root, SEARCHES), /no heading "## 9\. …"/);
});

test('a duty without its row, a row with another value and a row without a duty are named', () => {
  const [babe] = DUTIES;
  const row = '| `babe` | slot | seal | 32 | incarnation | same-incarnation | 1 | clock | every-ready |';
  assert.deepEqual(dutyProblems(row, [babe]), []);
  assert.match(dutyProblems('', [babe])[0], /lacks the row \| `babe` \| slot/);
  const other = row.replace('| 1 |', '| 2 |');
  assert.deepEqual(dutyProblems(other, [babe]).length, 2);
  assert.match(
    dutyProblems(`${row}\n${row.replace('babe', 'sassafras')}`, [babe])[0],
    /no duty is .*sassafras/,
  );
});
