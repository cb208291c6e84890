import assert from 'node:assert/strict';
import { test } from 'node:test';
import { longestGap } from './gaps.ts';

test('the longest gap is between neighbours in time, in whatever order they are told', () => {
  assert.equal(longestGap([10, 400, 30, 20]), 370);
  assert.equal(longestGap([5, 5]), 0);
  assert.equal(longestGap([7]), 0);
  assert.equal(longestGap([]), 0);
});
