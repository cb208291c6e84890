import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectNode, finalizedHead, genesisHash, hexOf } from '@watchbill/chain';
import { chainClock } from '../chain/chain-clock.ts';
import { serveDevChain } from './serve.ts';

test('a dev chain that is served is a clock for a group', async (t) => {
  const blockMs = 100;
  // The time of the chain stands still until the test has seen a height.
  let nowMs = 20_000;
  const running = await serveDevChain({ name: 'demo', startedAtMs: 0, blockMs }, 0, () => nowMs);
  const node = connectNode(running.url, { timeoutMs: 60_000 });
  t.after(() => {
    node.close();
    return running.close();
  });
  assert.equal(await genesisHash(node), hexOf(running.genesis));
  assert.equal((await finalizedHead(node)).number, 199);
  const clock = chainClock({ nodes: [node], genesis: running.genesis, note: () => undefined });
  const stop = new AbortController();
  let [newest, rises] = [0n, 0];
  for await (const height of clock.heights(stop.signal)) {
    // The answer to a call may arrive after a newer announcement: a clock may go back, but never ahead of the
    // chain.
    assert.ok(height >= 199n && Number(height) + 1 <= nowMs / blockMs, `${height} is final by now`);
    nowMs += blockMs;
    if (height <= newest) continue;
    newest = height;
    rises += 1;
    if (rises === 4) break;
  }
  for (const kind of ['block-hash', 'epoch-randomness'] as const)
    assert.equal((await clock.input({ kind, height: 190n }, stop.signal)).length, 32);
  await assert.rejects(node.call('author_submitExtrinsic', ['0x']), /dev chain/);
  await assert.rejects(node.call('chain_getBlockHash', ['x']), /whole number/);
});
