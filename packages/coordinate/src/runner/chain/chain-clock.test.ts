import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { connectNode, type NodeRpc, storageKey } from '@watchbill/chain';
import { type FakeNode, fakeChain, SILENCE, startFakeNode } from '@watchbill/chain/testing';
import type { Note } from '../../rules.ts';
import { chainClock } from './chain-clock.ts';
import type { FollowSettings } from './follow-head.ts';
import { agreedInput, majorityHeight } from './majority.ts';

const GENESIS = Uint8Array.from(Buffer.alloc(32, 0x91));
const FAST: Partial<FollowSettings> = { pollMs: 20, timeoutMs: 10_000 };
const hash = (byte: string): string => `0x${byte.repeat(32)}`;

const closers: (() => unknown)[] = [];
after(async () => {
  for (const close of closers) await close();
});

/** A node whose finalised head a test moves, with or without telling. */
async function chainNode(finalized: number, more: Parameters<typeof fakeChain>[0] = {}) {
  const chain = fakeChain({ finalized, ...more });
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
    /** Tells a head that the node knows nothing of when it is asked. */
    makeUp: (height: number) => node.publish('chain_subscribeFinalizedHeads', header(height)),
    announce: (height: number) => {
      chain.set({ finalized: height });
      node.publish('chain_subscribeFinalizedHeads', header(height));
    },
  };
}

function clockOf(nodes: readonly NodeRpc[], settings: Partial<FollowSettings> = {}, jumpBlocks?: bigint) {
  const notes: Note[] = [];
  const listeners = new Set<() => void>();
  const note = (told: Note): void => {
    notes.push(told);
    for (const listener of listeners) listener();
  };
  const jump = jumpBlocks === undefined ? {} : { jumpBlocks };
  const clock = chainClock({ nodes, genesis: GENESIS, settings: { ...FAST, ...settings }, note, ...jump });
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
  test('tells heads as they come, and those that were never announced', async () => {
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

  test('does not take a height that a node alone makes up', async () => {
    const chain = await chainNode(5);
    const hashes = ([height]: readonly unknown[]): string =>
      height === 0
        ? hash('91')
        : `0x${Number(height ?? 5)
            .toString(16)
            .padStart(64, '0')}`;
    chain.node.answers.set('chain_getBlockHash', hashes);
    const { clock, noted } = clockOf([chain.rpc()], {}, 20n);
    const stop = new AbortController();
    const heights = clock.heights(stop.signal)[Symbol.asyncIterator]();
    assert.equal(await nextHeight(heights), 5n);
    chain.makeUp(9_000_000);
    await noted('height-held');
    chain.announce(6);
    assert.equal(await nextHeight(heights), 6n);
    stop.abort();
  });

  test('asks where there are no subscriptions', async () => {
    const chain = await chainNode(5);
    const { clock } = clockOf([chain.rpc('httpUrl')]);
    const stop = new AbortController();
    const heights = clock.heights(stop.signal)[Symbol.asyncIterator]();
    assert.equal(await nextHeight(heights), 5n);
    chain.set({ finalized: 7 });
    assert.equal(await nextHeight(heights), 7n);
    stop.abort();
  });

  test('goes on after lost connections and silence, and says so once', async () => {
    const chain = await chainNode(5);
    const { clock, notes, noted } = clockOf([chain.rpc()], { timeoutMs: 300 });
    const stop = new AbortController();
    const heights = clock.heights(stop.signal)[Symbol.asyncIterator]();
    assert.equal(await nextHeight(heights), 5n);
    // What a busy machine made late before it was ready is told by another, which does not say that it is back.
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

  test('notes a finality that stands still, and that it moves again', async () => {
    const chain = await chainNode(5);
    const { clock, notes, noted } = clockOf([chain.rpc()], { stallMs: 60 });
    const stop = new AbortController();
    const heights = clock.heights(stop.signal)[Symbol.asyncIterator]();
    assert.equal(await nextHeight(heights), 5n);
    await noted('chain-stalled');
    assert.match(notes.find(({ code }) => code === 'chain-stalled')?.text ?? '', /stands at 5/);
    chain.announce(6);
    assert.equal(await nextHeight(heights), 6n);
    await noted('chain-moving');
    stop.abort();
  });

  test('waits for a node that is syncing', async () => {
    const chain = await chainNode(5, { syncing: true });
    const { clock, noted } = clockOf([chain.rpc()]);
    const stop = new AbortController();
    const heights = clock.heights(stop.signal)[Symbol.asyncIterator]();
    const first = nextHeight(heights);
    await noted('chain-syncing');
    chain.set({ syncing: false, finalized: 50 });
    assert.equal(await first, 50n);
    stop.abort();
  });

  test('refuses a node of another chain', async () => {
    const chain = await chainNode(5, { genesis: hash('aa') });
    const { clock } = clockOf([chain.rpc()]);
    const heights = clock.heights(new AbortController().signal)[Symbol.asyncIterator]();
    await assert.rejects(heights.next(), { code: 'wrong-chain' });
  });

  test('waits for a node that should have peers and has none', async () => {
    const chain = await chainNode(5);
    const healthy = chain.node.answers.get('system_health') ?? assert.fail();
    chain.node.answers.set('system_health', () => ({ peers: 0, isSyncing: false, shouldHavePeers: true }));
    const { clock, noted } = clockOf([chain.rpc()]);
    const stop = new AbortController();
    const first = nextHeight(clock.heights(stop.signal)[Symbol.asyncIterator]());
    await noted('chain-without-peers');
    chain.node.answers.set('system_health', healthy);
    assert.equal(await first, 5n);
    stop.abort();
  });

  test('a confirming node of another chain stops nobody', async () => {
    const chains = [await chainNode(5), await chainNode(7), await chainNode(9, { genesis: hash('aa') })];
    const { clock, noted } = clockOf(chains.map(({ rpc }) => rpc()));
    const stop = new AbortController();
    const heights = clock.heights(stop.signal)[Symbol.asyncIterator]();
    assert.equal(await nextHeight(heights), 5n);
    await noted('chain-differs');
    stop.abort();
  });

  test('with several nodes a height counts once a majority has it', async () => {
    const [own, second, third] = [await chainNode(1_000_000), await chainNode(5), await chainNode(6)];
    const { clock } = clockOf([own.rpc(), second.rpc(), third.rpc()]);
    const stop = new AbortController();
    const heights = clock.heights(stop.signal)[Symbol.asyncIterator]();
    let height = await nextHeight(heights);
    // The second node may answer before the third.
    if (height === 5n) height = await nextHeight(heights);
    assert.equal(height, 6n);
    stop.abort();
  });
});

describe('an input', () => {
  const never = new AbortController().signal;

  test('is the hash of a finalised block, or the epoch randomness in its state', async () => {
    const chain = await chainNode(9);
    chain.node.answers.set('chain_getBlockHash', ([height]) => (height === 9 ? hash('0c') : null));
    chain.node.answers.set('state_getStorage', ([key, at]) =>
      key === storageKey('Babe', 'Randomness') && at === hash('0c') ? hash('0d') : null,
    );
    const { clock } = clockOf([chain.rpc()]);
    const bytes = (byte: number) => new Uint8Array(32).fill(byte);
    assert.deepEqual(await clock.input({ kind: 'block-hash', height: 9n }, never), bytes(0x0c));
    assert.deepEqual(await clock.input({ kind: 'epoch-randomness', height: 9n }, never), bytes(0x0d));
    chain.node.answers.set('state_getStorage', () => null);
    await assert.rejects(clock.input({ kind: 'epoch-randomness', height: 9n }, never), /no epoch randomness/);
    await assert.rejects(clock.input({ kind: 'block-hash', height: 8n }, never), /is not hex/);
  });

  test('of a block that is not final yet is none, whatever the node says of it', async () => {
    const chain = await chainNode(9);
    chain.node.answers.set('chain_getBlockHash', () => hash('0c'));
    const { clock } = clockOf([chain.rpc()]);
    await assert.rejects(clock.input({ kind: 'block-hash', height: 10n }, never), /has finalised only 9/);
  });

  test('of the wrong length is none', async () => {
    const chain = await chainNode(9);
    chain.node.answers.set('chain_getBlockHash', () => '0x0c0c');
    const { clock } = clockOf([chain.rpc()]);
    await assert.rejects(clock.input({ kind: 'block-hash', height: 9n }, never), /has 2 bytes, not 32/);
  });

  test('is what a majority of nodes tells; the one that differs is noted', async () => {
    const chains = [await chainNode(9), await chainNode(9), await chainNode(9)];
    ['0a', '0b', '0b'].forEach((byte, place) => {
      chains[place]?.node.answers.set('chain_getBlockHash', () => hash(byte));
    });
    const { clock, notes } = clockOf(chains.map(({ rpc }) => rpc()));
    const ask = { kind: 'block-hash', height: 9n } as const;
    assert.deepEqual(await clock.input(ask, never), new Uint8Array(32).fill(0x0b));
    assert.deepEqual(
      notes.map(({ code }) => code),
      ['endpoint-differs'],
    );
    chains[2]?.node.answers.set('chain_getBlockHash', () => hash('0c'));
    await assert.rejects(clock.input(ask, never), /3 different answers of 3 endpoints, none by 2/);
    await chains[2]?.node.close();
    await assert.rejects(clock.input(ask, never), /2 different answers/);
  });
});

describe('a majority', () => {
  test('of heights', () => {
    assert.equal(majorityHeight([7n]), 7n);
    assert.equal(majorityHeight([null]), null);
    assert.equal(majorityHeight([7n, 5n]), 5n);
    assert.equal(majorityHeight([7n, null]), null);
    assert.equal(majorityHeight([null, 5n, 7n]), 5n);
    assert.equal(majorityHeight([5n, 6n, 7n, 100n]), 6n);
  });

  test('of answers', () => {
    const [a, b] = [Uint8Array.of(1), Uint8Array.of(2)];
    assert.deepEqual(agreedInput([a, 'down', a]), { ok: true, bytes: a, differs: [] });
    assert.deepEqual(agreedInput([b, a, a]), { ok: true, bytes: a, differs: [0] });
    assert.deepEqual(agreedInput([a, 'down', 'slow']), { ok: false, why: 'down; slow' });
    assert.equal(agreedInput([a, b]).ok, false);
    assert.equal(agreedInput(['down']).ok, false);
  });
});
