import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { ACTION_REFUSALS } from './refusals.ts';

const PAGE = readFileSync(
  new URL('../../../../docs/coordinate/how-to/coordinate-actions.md', import.meta.url),
  'utf8',
);

test('the page on actions has every refusal in its table, and no other', () => {
  const table = PAGE.split('## Refusals')[1]?.split('\n## ')[0] ?? '';
  const cells = table.split('\n').map((line) => /^\| ([^|]+) \|/.exec(line)?.[1] ?? '');
  const codes = cells.flatMap((cell) => [...cell.matchAll(/`([a-z-]+)`/g)].map(([, code]) => code));
  assert.deepEqual(codes.toSorted(), Object.keys(ACTION_REFUSALS).toSorted());
});
