import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Policy } from '../../../rule/index.ts';
import { isHolderLive, readyNodes } from './state.ts';

const POLICY = {
  roster: [
    { name: 'c', rank: 2 },
    { name: 'a', rank: 0 },
    { name: 'b', rank: 1 },
  ],
} as unknown as Policy;
const watch = (holder: string | null) => ({ holder, term: '1', relief: null });

test('the ready nodes are those that are live, best rank first', () => {
  assert.deepEqual(
    readyNodes(POLICY, () => true),
    ['a', 'b', 'c'],
  );
  assert.deepEqual(
    readyNodes(POLICY, (node) => node !== 'a'),
    ['b', 'c'],
  );
  assert.deepEqual(
    POLICY.roster.map(({ name }) => name),
    ['c', 'a', 'b'],
    'the policy keeps its order',
  );
});

test('a holder is live if it is listed and there', () => {
  const isLive = (holder: string | null, there: readonly string[]) =>
    isHolderLive(POLICY, watch(holder), (node) => there.includes(node));
  assert.equal(isLive('a', ['a']), true);
  assert.equal(isLive('a', ['b']), false);
  assert.equal(isLive('z', ['z']), false, 'it is not listed');
  assert.equal(isLive(null, ['a']), false);
});
