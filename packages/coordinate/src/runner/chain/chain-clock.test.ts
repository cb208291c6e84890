import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type NodeRpc, storageKey } from '@watchbill/chain';
import { field } from '@watchbill/kit/testing';
import type { Note } from '../../rules.ts';
import { flowingTime } from '../testing/flowing-time.ts';
import { chainClock } from './chain-clock.ts';
import { FOLLOW_SETTINGS } from './follow-head.ts';
import { agreedInput, majorityHeight } from './majority.ts';
import { fakeChainNode, SILENCE } from './testing/fake-chain-node.ts';

const GENESIS = Uint8Array.from(Buffer.alloc(32, 0x91));
const hash = (byte: string): string => `0x${byte.repeat(32)}`;

function clockOf(nodes: readonly NodeRpc[], jumpBlocks?: bigint) {
  const notes: Note[] = [];
  const listeners = new Set<() => void>();
  const note = (told: Note): void => {
    notes.push(told);
    for (const listener of listeners) listener();
  };
  const jump = jumpBlocks === undefined ? {} : { jumpBlocks };
  const { time, stop } = flowingTime();
  const clock = chainClock({ nodes, genesis: GENESIS, time, note, ...jump });
  const noted = (code: string): Promise<void> =>
    new Promise((resolve) => {
      const look = () => notes.some((told) => told.code === code) && resolve();
      listeners.add(look);
      look();
    });
  const heights = clock.heights(stop.signal)[Symbol.asyncIterator]();
  return { clock, heights, time, stop, notes, noted };
}

async function nextHeight(heights: AsyncIterator<bigint>): Promise<bigint> {
  const { value, done } = await heights.next();
  assert.ok(done !== true, 'the heights ended');
  return value;
}

describe('the chain as a clock', () => {
  test('gives heads as they come, and those that were never announced', async () => {
    const chain = fakeChainNode(5);
    const { heights, time, stop } = clockOf([chain.rpc]);
    assert.equal(await nextHeight(heights), 5n);
    chain.announce(6);
    assert.equal(await nextHeight(heights), 6n);
    const heardMs = time.monotonicMs();
    chain.set({ finalized: 9 });
    assert.equal(await nextHeight(heights), 9n);
    assert.equal(time.monotonicMs() - heardMs, FOLLOW_SETTINGS.pollMs);
    stop.abort();
    assert.ok((await heights.next()).done);
  });

  test('does not accept a height that a single node invents', async () => {
    const chain = fakeChainNode(5);
    chain.answers.set('chain_getBlockHash', ([height]) =>
      height === 0
        ? hash('91')
        : `0x${Number(height ?? 5)
            .toString(16)
            .padStart(64, '0')}`,
    );
    const { heights, noted } = clockOf([chain.rpc], 20n);
    assert.equal(await nextHeight(heights), 5n);
    chain.makeUp(9_000_000);
    await noted('height-held');
    chain.announce(6);
    assert.equal(await nextHeight(heights), 6n);
  });

  test('polls a node without subscriptions', async () => {
    const chain = fakeChainNode(5, { subscribes: false });
    const { heights } = clockOf([chain.rpc]);
    assert.equal(await nextHeight(heights), 5n);
    chain.set({ finalized: 7 });
    assert.equal(await nextHeight(heights), 7n);
  });

  test('continues after silence, and reports it once', async () => {
    const chain = fakeChainNode(5);
    const { heights, notes, noted, time } = clockOf([chain.rpc]);
    assert.equal(await nextHeight(heights), 5n);
    const answer = chain.answers.get('chain_getFinalizedHead') ?? assert.fail();
    chain.answers.set('chain_getFinalizedHead', () => SILENCE);
    await noted('chain-unreachable');
    const asked = (): number => chain.calls.filter((one) => one === 'chain_getFinalizedHead').length;
    const before = asked();
    // Each attempt takes its deadline and the pause after it.
    await time.sleep(5 * (FOLLOW_SETTINGS.timeoutMs + FOLLOW_SETTINGS.pollMs));
    assert.equal(asked() - before, 5);
    chain.answers.set('chain_getFinalizedHead', answer);
    chain.set({ finalized: 8 });
    assert.equal(await nextHeight(heights), 8n);
    assert.deepEqual(notes.map(field('code')), ['chain-unreachable', 'chain-back']);
    assert.match(notes[0]?.text ?? '', /no answer within 10000 ms/);
  });

  test('reports a stalled finality, and that it advances again', async () => {
    const chain = fakeChainNode(5);
    const { heights, notes, noted, time } = clockOf([chain.rpc]);
    assert.equal(await nextHeight(heights), 5n);
    await noted('chain-stalled');
    assert.equal(time.monotonicMs(), FOLLOW_SETTINGS.stallMs);
    assert.match(notes.find(({ code }) => code === 'chain-stalled')?.text ?? '', /stays at 5/);
    chain.announce(6);
    assert.equal(await nextHeight(heights), 6n);
    await noted('chain-moving');
    assert.equal(notes.length, 2);
  });

  test('waits for a node that is syncing', async () => {
    const chain = fakeChainNode(5, { syncing: true });
    const { heights, noted } = clockOf([chain.rpc]);
    const first = nextHeight(heights);
    await noted('chain-syncing');
    chain.set({ syncing: false, finalized: 50 });
    assert.equal(await first, 50n);
  });

  test('refuses a node of another chain', async () => {
    const { heights } = clockOf([fakeChainNode(5, { genesis: hash('aa') }).rpc]);
    await assert.rejects(heights.next(), { code: 'wrong-chain' });
  });

  test('waits for a node that should have peers and has none', async () => {
    const chain = fakeChainNode(5);
    const healthy = chain.answers.get('system_health') ?? assert.fail();
    chain.answers.set('system_health', () => ({ peers: 0, isSyncing: false, shouldHavePeers: true }));
    const { heights, noted } = clockOf([chain.rpc]);
    const first = nextHeight(heights);
    await noted('chain-without-peers');
    chain.answers.set('system_health', healthy);
    assert.equal(await first, 5n);
  });

  test('a confirming node of another chain does not stop the member', async () => {
    const chains = [fakeChainNode(5), fakeChainNode(7), fakeChainNode(9, { genesis: hash('aa') })];
    const { heights, noted } = clockOf(chains.map(({ rpc }) => rpc));
    assert.equal(await nextHeight(heights), 5n);
    await noted('chain-differs');
  });

  test('with several nodes a height counts once a majority has it', async () => {
    const chains = [fakeChainNode(1_000_000), fakeChainNode(5), fakeChainNode(6)];
    const { heights } = clockOf(chains.map(({ rpc }) => rpc));
    let height = await nextHeight(heights);
    // The second node may answer before the third.
    if (height === 5n) height = await nextHeight(heights);
    assert.equal(height, 6n);
  });
});

describe('an input', () => {
  const never = new AbortController().signal;

  test('is the hash of a finalised block, or the epoch randomness in its state', async () => {
    const chain = fakeChainNode(9);
    chain.answers.set('chain_getBlockHash', ([height]) => (height === 9 ? hash('0c') : null));
    chain.answers.set('state_getStorage', ([key, at]) =>
      key === storageKey('Babe', 'Randomness') && at === hash('0c') ? hash('0d') : null,
    );
    const { clock } = clockOf([chain.rpc]);
    const bytes = (byte: number) => new Uint8Array(32).fill(byte);
    assert.deepEqual(await clock.input({ kind: 'block-hash', height: 9n }, never), bytes(0x0c));
    assert.deepEqual(await clock.input({ kind: 'epoch-randomness', height: 9n }, never), bytes(0x0d));
    chain.answers.set('state_getStorage', () => null);
    await assert.rejects(clock.input({ kind: 'epoch-randomness', height: 9n }, never), /no epoch randomness/);
    await assert.rejects(clock.input({ kind: 'block-hash', height: 8n }, never), /is not hex/);
  });

  test('is missing for a block that is not final yet, with any answer of the node', async () => {
    const chain = fakeChainNode(9);
    chain.answers.set('chain_getBlockHash', () => hash('0c'));
    const { clock } = clockOf([chain.rpc]);
    await assert.rejects(
      clock.input({ kind: 'block-hash', height: 10n }, never),
      /has finalised only block 9/,
    );
  });

  test('of the wrong length is none', async () => {
    const chain = fakeChainNode(9);
    chain.answers.set('chain_getBlockHash', () => '0x0c0c');
    const { clock } = clockOf([chain.rpc]);
    await assert.rejects(clock.input({ kind: 'block-hash', height: 9n }, never), /must have 32 bytes; got 2/);
  });

  test('is the answer of a majority of nodes; a node that differs is noted', async () => {
    const chains = [fakeChainNode(9), fakeChainNode(9), fakeChainNode(9)];
    ['0a', '0b', '0b'].forEach((byte, place) => {
      chains[place]?.answers.set('chain_getBlockHash', () => hash(byte));
    });
    const { clock, notes } = clockOf(chains.map(({ rpc }) => rpc));
    const ask = { kind: 'block-hash', height: 9n } as const;
    assert.deepEqual(await clock.input(ask, never), new Uint8Array(32).fill(0x0b));
    assert.deepEqual(notes.map(field('code')), ['endpoint-differs']);
    chains[2]?.answers.set('chain_getBlockHash', () => hash('0c'));
    await assert.rejects(
      clock.input(ask, never),
      /3 endpoints gave 3 different answers, none of them 2 times/,
    );
    chains[2]?.answers.set('chain_getFinalizedHead', () => SILENCE);
    await assert.rejects(clock.input(ask, never), /2 different answers.*no answer within 10000 ms/);
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
