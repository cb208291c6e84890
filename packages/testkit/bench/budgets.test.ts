import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Budget, budgetLines, isMet, missedLines } from './budgets.ts';

const atMost: Budget = { name: 'p50Ratio', value: 1.5, limit: 1.5, bound: 'at most', unit: '' };
const atLeast: Budget = { name: 'rate', value: 5_000, limit: 5_000, bound: 'at least', unit: '/s' };

test('a limit that is reached exactly is met, one step beyond is missed', () => {
  assert.ok(isMet(atMost) && isMet(atLeast));
  assert.ok(!isMet({ ...atMost, value: 1.51 }) && !isMet({ ...atLeast, value: 4_999 }));
  assert.ok(!isMet({ ...atMost, value: Number.NaN }) && !isMet({ ...atLeast, value: Number.NaN }));
});

test('a missed budget is named with the difference; met ones are not', () => {
  const lines = missedLines([atMost, { ...atLeast, value: 4_000 }]);
  assert.deepEqual(lines, ['MISSED rate: 4,000 /s, budget at least 5,000 /s: 1,000 /s (20.0 %) below it']);
  assert.match(budgetLines([{ ...atMost, value: 2 }])[0] ?? '', /2\.00 .* at most 1\.50 .*MISSED/);
});
