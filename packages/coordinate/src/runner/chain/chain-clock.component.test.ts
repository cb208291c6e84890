// The clock of a group over real connections: WebSocket, HTTP, and one that is lost.

import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { connectNode, type NodeRpc } from '@watchbill/chain';
import { type FakeNode, fakeChain, SILENCE, startFakeNode } from '@watchbill/chain/testing';
import type { Note } from '../../rules.ts';
import { chainClock } from './chain-clock.ts';
import type { FollowSettings } from './follow-head.ts';

const GENESIS = Uint8Array.from(Buffer.alloc(32, 0x91));
const FAST: Partial<FollowSettings> = { pollMs: 20, timeoutMs: 10_000 };

const closers: (() => unknown)[] = [];
after(async () => {
  for (const close of closers) await close();
});

/** A node whose finalised head a test moves, with or without announcing it. */
async function chainNode(finalized: number) {
  const chain = fakeChain({ finalized });
  const node: FakeNode = await startFakeNode({
    ...chain.answers,
    chain_subscribeFinalizedHeads: () => 'subscribed',
    chain_unsubscribeFinalizedHeads: () => true,
  });
  closers.push(() => node.close());
  const rpc = (kind: 'webSocketUrl' | 'httpUrl' = 'webSocketUrl'): NodeRpc => {
    const client = connectNode(node[kind], { timeoutMs: 10_000 });
    closers.push(() => client.close());
    return client;
  };
  const header = (height: number) => chain.answers.chain_getHeader?.([`0x${height.toString(16)}`]);
  return {
    node,
    rpc,
    set: chain.set,
    announce: (height: number) => {
      chain.set({ finalized: height });
      node.publish('chain_subscribeFinalizedHeads', header(height));
    },
  };
}

function clockOf(nodes: readonly NodeRpc[], settings: Partial<FollowSettings> = {}) {
  const notes: Note[] = [];
  const listeners = new Set<() => void>();
  const note = (told: Note): void => {
    notes.push(told);
    for (const listener of listeners) listener();
  };
  const clock = chainClock({ nodes, genesis: GENESIS, settings: { ...FAST, ...settings }, note });
  const noted = (code: string): Promise<void> =>
    new Promise((resolve) => {
      const look = () => notes.some((told) => told.code === code) && resolve();
      listeners.add(look);
      look();
    });
  return { clock, notes, noted };
}

async function nextHeight(heights: AsyncIterator<bigint>): Promise<bigint> {
  const { value, done } = await heights.next();
  assert.ok(done !== true, 'the heights ended');
  return value;
}

describe('the chain as a clock', () => {
  test('gives heads as they come, and those that were never announced', async () => {
    const chain = await chainNode(5);
    const { clock } = clockOf([chain.rpc()]);
    const stop = new AbortController();
    const heights = clock.heights(stop.signal)[Symbol.asyncIterator]();
    assert.equal(await nextHeight(heights), 5n);
    chain.announce(6);
    assert.equal(await nextHeight(heights), 6n);
    chain.set({ finalized: 9 });
    assert.equal(await nextHeight(heights), 9n);
    stop.abort();
    assert.ok((await heights.next()).done);
  });

  test('polls a node without subscriptions', async () => {
    const chain = await chainNode(5);
    const { clock } = clockOf([chain.rpc('httpUrl')]);
    const stop = new AbortController();
    const heights = clock.heights(stop.signal)[Symbol.asyncIterator]();
    assert.equal(await nextHeight(heights), 5n);
    chain.set({ finalized: 7 });
    assert.equal(await nextHeight(heights), 7n);
    stop.abort();
  });

  test('continues after lost connections and silence, and reports them once', async () => {
    const chain = await chainNode(5);
    const { clock, notes, noted } = clockOf([chain.rpc()], { timeoutMs: 300 });
    const stop = new AbortController();
    const heights = clock.heights(stop.signal)[Symbol.asyncIterator]();
    assert.equal(await nextHeight(heights), 5n);
    // On a busy machine the wait until the node is ready may have noted a late answer. That note has no
    // counterpart.
    notes.length = 0;
    const answer = chain.node.answers.get('chain_getFinalizedHead') ?? assert.fail();
    chain.node.answers.set('chain_getFinalizedHead', () => SILENCE);
    await noted('chain-unreachable');
    const asked = (): number => chain.node.calls.filter((one) => one === 'chain_getFinalizedHead').length;
    // It asks again and again, and has told already.
    for (const until = asked() + 2; asked() < until; ) await new Promise((resolve) => setTimeout(resolve, 5));
    chain.node.hangUp();
    chain.node.answers.set('chain_getFinalizedHead', answer);
    chain.set({ finalized: 8 });
    assert.equal(await nextHeight(heights), 8n);
    await noted('chain-back');
    // On a busy machine it may be away more than once: then it was back in between.
    const told = notes.flatMap(({ code }) => (/^chain-(unreachable|back)$/.test(code) ? [code] : []));
    assert.deepEqual(
      told,
      told.map((_, at) => (at % 2 === 0 ? 'chain-unreachable' : 'chain-back')),
    );
    stop.abort();
  });
});
