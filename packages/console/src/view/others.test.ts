import assert from 'node:assert/strict';
import test from 'node:test';
import { otherPages } from './others.ts';

/** Everything that waits for no time is done. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
}

test('each page has the state of its last answer, and is asked at most once in ten seconds', async () => {
  let nowMs = 0;
  const asked: string[] = [];
  const replies = new Map<string, () => Promise<boolean>>([
    ['http://one/', async () => true],
    ['http://two/', async () => Promise.reject(new Error('refused'))],
  ]);
  const read = otherPages(
    { nominate: 'http://one/', fleet: 'http://two/', coordinate: undefined },
    { monotonicMs: () => nowMs },
    (url) => {
      asked.push(url);
      return replies.get(url)?.() ?? Promise.resolve(false);
    },
  );
  const states = () => read().map(({ name, answers }) => `${name} ${answers}`);
  assert.deepEqual(states(), ['nominate null', 'fleet null'], 'the first reader does not wait');
  await settled();
  assert.deepEqual(states(), ['nominate true', 'fleet false']);
  nowMs = 9_999;
  states();
  assert.equal(asked.length, 2);
  replies.set('http://two/', async () => true);
  nowMs = 10_000;
  states();
  assert.equal(asked.length, 4);
  await settled();
  assert.deepEqual(states(), ['nominate true', 'fleet true']);
});
