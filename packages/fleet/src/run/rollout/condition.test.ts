import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createVirtualClock } from '@watchbill/kit/testing';
import { conditionOf, type FinalFacts, isMet, readCondition, untilMet } from './condition.ts';
import { movesOf, stageCounts } from './moves.ts';

const at = (text: string) => {
  const condition = readCondition(text);
  assert.ok(condition !== null, text);
  return condition;
};
const FACTS: FinalFacts = { height: 100, specVersion: 9, timeMs: Date.parse('2026-12-01T09:00:00Z') };

test('a block, a version of the runtime or a time: met from finalised state, not known where that does not tell', () => {
  for (const [text, met] of [
    ['block:100', true],
    ['block:101', false],
    ['spec:9', true],
    ['spec:10', false],
    ['time:2026-12-01T10:00:00+01:00', true],
    ['time:2026-12-01T09:00:01Z', false],
  ] as const)
    assert.equal(isMet(at(text), FACTS), met, text);
  const blind = { height: 100, specVersion: null, timeMs: null };
  assert.equal(isMet(at('spec:9'), blind), null);
  assert.equal(isMet(at('time:2026-12-01T09:00:00Z'), blind), null);
  assert.equal(isMet(at('block:1'), null), null);
});

test('other texts are not moments', () => {
  for (const text of [
    'block',
    'block:0',
    'block:-1',
    'block:1e3',
    'spec:x',
    'time:tomorrow',
    'time:2026-12-01',
    'era:4',
    'time:2026-13-01T00:00Z',
  ])
    assert.equal(readCondition(text), null, text);
  assert.deepEqual(conditionOf({ spec: 4 }), { kind: 'spec', version: 4 });
  assert.equal(conditionOf(undefined), null);
});

test('it waits while facts are unknown, reports each look, and ends by its deadline or when it is stopped', async () => {
  const wait = (reads: readonly (FinalFacts | null)[], signal = new AbortController().signal) => {
    let look = 0;
    const said: string[] = [];
    const clock = createVirtualClock({ flowing: true });
    const read = async () => reads[Math.min(look++, reads.length - 1)] ?? null;
    const condition = at('block:100');
    const onWait = (text: string) => void said.push(text);
    return untilMet({ condition, read, clock, pollMs: 1_000, deadlineMs: 5_000, onWait, signal }).then(
      (end) => [end, ...said],
    );
  };
  assert.deepEqual(await wait([null, { ...FACTS, height: 99 }, FACTS]), [
    'met',
    'until block 100 is final; no node reports a final block',
    'until block 100 is final; final is block 99',
  ]);
  assert.equal((await wait([null]))[0], 'late');
  assert.equal((await wait([null], AbortSignal.abort()))[0], 'interrupted');
});

test('stages rise to all nodes, whatever they say', () => {
  assert.deepEqual(stageCounts([1, '50%', '100%'], 10), [1, 5, 10]);
  assert.deepEqual(stageCounts([1, '50%', '100%'], 1), [1]);
  assert.deepEqual(stageCounts(['10%'], 3), [1, 3]);
  assert.deepEqual(stageCounts([5], 3), [3]);
});

test('a set of pods goes by its stages, sets beside it count with it, and a signer is one node', () => {
  const set = (id: string, count: number) => ({
    id,
    pool: 'rpc',
    signs: false,
    nodes: Array.from({ length: count }, (_, index) => `${id}-${count - 1 - index}`),
  });
  const moves = movesOf([set('east', 3), set('west', 1)], [1, '50%', '100%']);
  assert.deepEqual(
    moves.map(({ unit, count, nodes, soaks }) => [unit, count, nodes.join(), soaks]),
    [
      ['east', 1, 'east-2', true],
      ['east', 2, 'east-1', true],
      ['east', 3, 'east-0', false],
      ['west', 1, 'west-0', true],
    ],
  );
  assert.throws(() => movesOf([{ ...set('v', 2), signs: true }], [1]), /is 2 nodes/);
});
