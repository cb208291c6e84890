import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { connectNode, finalizedHead, genesisHash, hexOf } from '@watchbill/chain';
import { chainClock } from '../chain/chain-clock.ts';
import { practiceChain } from './chain.ts';
import { servePracticeChain } from './serve.ts';

const SPEC = { name: 'desk', startedAtMs: 1_000_000, blockMs: 1_000 };

describe('a practice chain', () => {
  test('has the same history whenever it is started', () => {
    const [first, second] = [practiceChain(SPEC), practiceChain(SPEC)];
    const late = SPEC.startedAtMs + 10_500;
    for (let height = 0; height <= 5; height++) first.hashOf(height, SPEC.startedAtMs + height * 1_000);
    assert.deepEqual(first.hashOf(5, late), second.hashOf(5, late));
    assert.deepEqual(first.genesis, second.genesis);
    assert.notDeepEqual(practiceChain({ ...SPEC, name: 'other' }).genesis, first.genesis);
    assert.equal(second.bestAt(late), 10);
    assert.equal(second.finalAt(late), 9);
    assert.equal(second.hashOf(11, late), null);
    const hash = second.hashOf(7, late) ?? assert.fail();
    assert.equal(second.heightOf(Buffer.from(hash).toString('hex')), 7);
  });

  test('before its start it has its first block alone', () => {
    const chain = practiceChain(SPEC);
    assert.equal(chain.finalAt(0), 0);
    assert.deepEqual(chain.hashOf(0, 0), chain.genesis);
  });

  test('is a clock for a group', async (t) => {
    const startedAtMs = Date.now() - 20_000;
    const running = await servePracticeChain({ name: 'desk', startedAtMs, blockMs: 100 }, 0);
    const node = connectNode(running.url, { timeoutMs: 60_000 });
    t.after(() => {
      node.close();
      return running.close();
    });
    assert.equal(await genesisHash(node), hexOf(running.genesis));
    assert.ok((await finalizedHead(node)).number >= 198);
    const clock = chainClock({ nodes: [node], genesis: running.genesis, note: () => undefined });
    const stop = new AbortController();
    let [newest, rises] = [0n, 0];
    for await (const height of clock.heights(stop.signal)) {
      // What was asked for may arrive after what was announced meanwhile: a clock may go back, but never ahead of the chain.
      assert.ok(
        height >= 198n && Number(height) + 1 <= (Date.now() - startedAtMs) / 100,
        `${height} is final by now`,
      );
      if (height <= newest) continue;
      newest = height;
      rises += 1;
      if (rises === 4) break;
    }
    for (const kind of ['block-hash', 'epoch-randomness'] as const)
      assert.equal((await clock.input({ kind, height: 190n }, stop.signal)).length, 32);
    await assert.rejects(node.call('author_submitExtrinsic', ['0x']), /practice chain/);
    await assert.rejects(node.call('chain_getBlockHash', ['x']), /whole number/);
  });
});
