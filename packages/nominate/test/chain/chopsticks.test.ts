// The ground under the tests of this folder: real runtimes that start, stop, go back and repeat.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sessionIndex, storageKey } from '@watchbill/chain';
import { nextSession, startChopsticks, startPair } from '@watchbill/testkit/chopsticks';

const LAST_REPORTED = storageKey('StakingRcClient', 'LastSessionReportEndingIndex');

test('equal chains have equal hashes, and what differs shows', async (context) => {
  const chains = [await startChopsticks('westend-1015000'), await startChopsticks('westend-1015000')];
  context.after(() => Promise.all(chains.map((chain) => chain.stop())));
  const [one, other] = chains;
  assert.ok(one && other);
  assert.notEqual(one.url, other.url);
  const hashes = await Promise.all(chains.map((chain) => chain.newBlock(2)));
  assert.equal(hashes[0], hashes[1]);
  // A key that no pallet has.
  await other.setStorage([['0x00', '0x01']]);
  assert.equal(await other.node.call('state_getStorage', ['0x00']), '0x01');
  assert.equal(await one.node.call('state_getStorage', ['0x00']), null);

  const before = await sessionIndex(one.node, await one.newBlock());
  assert.equal(await sessionIndex(one.node, await nextSession(one)), (before ?? 0n) + 1n);
  await one.setHead(1);
  const head = await one.node.call<{ number: string }>('chain_getHeader');
  assert.equal(Number(head.number), 1);

  await other.stop();
  assert.equal(other.running(), false);
  await assert.rejects(startChopsticks('westend-1015000', { port: Number(one.url.split(':').at(-1)) }), {
    message: /is in use/,
  });
});

test('a session of the relay is reported to Asset Hub', async (context) => {
  const pair = await startPair();
  context.after(() => pair.stop());
  const reports: string[] = [];
  for (let block = 0; block < 2; block += 1) {
    await nextSession(pair.relay);
    await pair.relayBlock();
    const hash = await pair.assetHubBlock();
    reports.push(String(await pair.assetHub.node.call('state_getStorage', [LAST_REPORTED, hash])));
  }
  assert.ok(new Set(reports).size > 1, `the last reported session moves: ${reports.join(' ')}`);
});
