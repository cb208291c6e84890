import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { NodeRpc } from '@watchbill/chain';
import type { Note } from '../../rules.ts';
import { flowingTime } from '../testing/flowing-time.ts';
import { heightGate } from './height-gate.ts';

const hashOf = (height: number): string => `0x${height.toString(16).padStart(64, '0')}`;
const OTHER = `0x${'ee'.repeat(32)}`;

/** A node that says of itself what a test wants; finalised and best are the same unless it says otherwise. */
function gated(finalized: number, jumpBlocks = 20n) {
  const state = { finalized, best: null as number | null, canonical: hashOf, isDown: false };
  const node: NodeRpc = {
    address: 'ws://own',
    call: async <Answer>(method: string, [param]: readonly unknown[] = []): Promise<Answer> => {
      if (state.isDown) throw new Error('it is down');
      if (method === 'chain_getFinalizedHead') return hashOf(state.finalized) as Answer;
      if (method === 'chain_getBlockHash')
        return (
          param === undefined ? hashOf(state.best ?? state.finalized) : state.canonical(Number(param))
        ) as Answer;
      assert.equal(method, 'chain_getHeader');
      const number = `0x${BigInt(String(param)).toString(16)}`;
      return { number, parentHash: OTHER, digest: { logs: [] } } as Answer;
    },
    subscribe: async () => assert.fail('unexpected subscription'),
    close: () => undefined,
  };
  const passed: bigint[] = [];
  const notes: Note[] = [];
  let wake = Promise.withResolvers<void>();
  const tell = (): void => {
    wake.resolve();
    wake = Promise.withResolvers<void>();
  };
  const settings = { timeoutMs: 10_000, pollMs: 2_000 };
  const { time, stop } = flowingTime();
  const pass = (height: bigint): void => {
    passed.push(height);
    tell();
  };
  const note = (told: Note): void => {
    notes.push(told);
    tell();
  };
  const offer = heightGate({ node, jumpBlocks, settings, note, time, pass }, stop.signal);
  const until = async (isSo: () => boolean): Promise<void> => {
    while (!isSo()) await wake.promise;
  };
  return { state, offer, passed, notes, until };
}

describe('the height of a single node', () => {
  test('passes at once if it rises by little, repeats or goes back', async () => {
    const { offer, passed, until, notes } = gated(100);
    offer(100n);
    await until(() => passed.length === 1);
    for (const height of [101n, 121n, 121n, 90n, 110n]) offer(height);
    assert.deepEqual(passed, [100n, 101n, 121n, 121n, 90n, 110n]);
    assert.deepEqual(notes, []);
  });

  test('that is wrong once is held back, reported, and dropped with the next true one', async () => {
    const { offer, passed, until, notes } = gated(100);
    offer(100n);
    await until(() => passed.length === 1);
    offer(9_000_000n);
    await until(() => notes.length === 1);
    assert.equal(notes[0]?.code, 'height-held');
    assert.match(
      notes[0]?.text ?? '',
      /ws:\/\/own jumps from 100 at the finalised height 9000000; .*calls the node again/,
    );
    await until(() => passed.length === 2);
    offer(101n);
    assert.deepEqual(passed, [100n, 100n, 101n]);
  });

  test('that the node takes back when it is asked again continues from its new answer', async () => {
    const { offer, passed, until, state, notes } = gated(100);
    offer(100n);
    await until(() => passed.length === 1);
    state.finalized = 103;
    offer(9_000_000n);
    await until(() => passed.length === 2);
    assert.deepEqual(passed, [100n, 103n]);
    assert.equal(notes.length, 1);
  });

  test('that jumps because finality came back passes after the node confirms it', async () => {
    const { offer, passed, until, state } = gated(100);
    offer(100n);
    await until(() => passed.length === 1);
    state.finalized = 5_000;
    offer(5_000n);
    assert.equal(passed.length, 1);
    await until(() => passed.length === 2);
    assert.equal(passed.at(-1), 5_000n);
  });

  test('is held back, at the start and later, if its best block or its own chain contradicts it', async () => {
    for (const wrong of [{ best: 50 }, { canonical: () => OTHER }, { isDown: true }]) {
      const { offer, passed, until, state, notes } = gated(9_000);
      const right = { ...state };
      Object.assign(state, wrong);
      offer(9_000n);
      await until(() => notes.length === 1);
      assert.match(
        notes[0]?.text ?? '',
        /begins at the finalised height 9000; the member does not use it yet/,
      );
      assert.deepEqual(passed, []);
      Object.assign(state, right);
      await until(() => passed.length === 1);
      assert.deepEqual(passed, [9_000n]);
      assert.equal(notes.length, 1);
    }
  });
});

test('a higher one that comes during the check of a lower one is not lost', async () => {
  const { offer, passed, until } = gated(100);
  offer(100n);
  offer(101n);
  await until(() => passed.includes(100n));
  await until(() => passed.includes(101n));
  assert.deepEqual(passed, [100n, 101n]);
});
