import assert from 'node:assert/strict';
import { test } from 'node:test';
import { figuresOf } from './figures.ts';
import { heardBy } from './heard.ts';

const event = (result: object): string =>
  JSON.stringify({ method: 'chainHead_v1_followEvent', params: { subscription: 's', result } });
const imported = (blockHash: string): string => event({ event: 'newBlock', blockHash });
const BEST = event({ event: 'bestBlockChanged', bestBlockHash: 'b' });
const final = (...finalizedBlockHashes: readonly string[]): string =>
  event({ event: 'finalized', finalizedBlockHashes, prunedBlockHashes: ['x'] });

/** A node that sends each message at its time. */
function nodeOf(...messages: readonly (readonly [atMs: number, text: string])[]) {
  const sent: { readonly method: string; readonly params: readonly unknown[] }[] = [];
  const heard = heardBy((text) => sent.push(JSON.parse(text)));
  heard.receive('{"id":1,"result":"s"}', 0);
  heard.receive(event({ event: 'initialized', finalizedBlockHashes: ['a'] }), 0);
  for (const [atMs, text] of messages) heard.receive(text, atMs);
  return { blocks: heard.final, sent };
}

const chain = (shift: number) =>
  nodeOf(
    [10, imported('b')],
    [10, BEST],
    [1_000 + shift, imported('c')],
    [2_000 + shift, imported('d')],
    [2_500 + shift, final('b', 'c')],
    [3_000 + shift, imported('e')],
    [4_500 + 2 * shift, final('d', 'e')],
  );

test('a block counts from its import, if the bench saw it; figures are over all nodes', () => {
  const { blocks, sent } = chain(0);
  assert.deepEqual(blocks[0], { hash: 'b', importedMs: null, finalMs: 2_500 });
  assert.deepEqual(
    sent.map(({ method }) => method),
    ['chainHead_v1_follow', 'chainHead_v1_unpin', 'chainHead_v1_unpin'],
  );
  assert.deepEqual(sent[1]?.params, ['s', ['b', 'c', 'x']]);
  const figures = figuresOf([blocks, chain(100).blocks], 0, 3);
  assert.deepEqual([figures?.lag.samples, figures?.lag.p50Ms, figures?.lag.maxMs], [6, 1_500, 2_600]);
  assert.deepEqual([figures?.longestGapMs, figures?.blockTimeMs], [2_100, 1_000]);
  assert.equal(figures?.finalPerSecond.toFixed(3), '0.976');
  assert.equal(figuresOf([blocks], 1, 3), null, 'one block too few');
  const late = nodeOf([0, BEST], [1, imported('d')], [2, imported('e')], [3, final('d', 'e')]).blocks;
  assert.equal(figuresOf([blocks, late], 0, 2)?.lag.samples, 4, 'a node that was heard later');
});

test('different final blocks, an unknown block, a refusal and the end of a subscription are faults', () => {
  const both = [
    [1, BEST],
    [1, imported('b')],
    [2, imported('c')],
    [2, imported('z')],
  ] as const;
  const [mine, other] = ['c', 'z'].map((hash) => nodeOf(...both, [3, final('b', hash)]).blocks);
  assert.ok(mine !== undefined && other !== undefined);
  assert.throws(() => figuresOf([mine, other], 0, 2), /different blocks/);
  assert.throws(() => nodeOf([1, final('c')]), /before its import/);
  assert.throws(() => nodeOf([1, '{"id":2,"error":{"message":"too many"}}']), /too many/);
  assert.throws(() => nodeOf([1, event({ event: 'stop' })]), /ended the subscription/);
});
