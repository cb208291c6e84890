import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withResults } from './page.ts';

const PAGE = `# Results of nodes

By hand.

Each scenario lasted 10 seconds, and more.

## A store

| a |
| --- |
| 1 |

Not kept: \`calm\`: it stood.

By hand, too.

## Another chain

Each scenario lasted 60 seconds.

| b |
| --- |
`;

test('a run writes its tables and the length of its scenarios into its part of the page, and keeps the rest', () => {
  const table = ['| a |', '| --- |', '| 2 |'];
  const results = { heading: 'A store', table, notKept: [] };
  assert.equal(
    withResults(PAGE, 'Results of nodes', 30, [results]),
    PAGE.replace('lasted 10', 'lasted 30')
      .replace('| 1 |', '| 2 |')
      .replace('Not kept: `calm`: it stood.\n\n', ''),
  );
  const again = withResults(PAGE, 'Another chain', 60, [
    { ...results, heading: 'Another chain', notKept: ['x'] },
  ]);
  assert.equal(again, PAGE.replace('| b |\n| --- |\n', '| a |\n| --- |\n| 2 |\n\nNot kept: x.\n'));
  assert.throws(() => withResults(PAGE, 'No chain', 60, []), /the page has no/);
});
