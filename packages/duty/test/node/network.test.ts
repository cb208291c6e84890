// What tests do to nodes: cut off, and told another time.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeDigest, type RawHeader } from '@watchbill/chain';
import {
  findFaketime,
  namespacesMissing,
  type RunningNode,
  startNodeNetwork,
  waitFor,
} from '@watchbill/testkit';
import { nodeBinary, specFile } from '@watchbill/testkit/scenario/spec-file';

const TIMEOUT = { timeoutMs: 150_000, everyMs: 200 };
const GOSSIP = ['--gossip-duration-ms', '500'];
const STEP_SECONDS = 600;
/** Above what nodes that hear of each other are apart. */
const APART_BLOCKS = 4;
/** TCP and the nodes wait longer after each attempt in vain. */
const BACK_TIMEOUT_MS = 150_000;

async function bestSlot(node: RunningNode): Promise<number> {
  const header = await node.rpc.call<RawHeader>('chain_getHeader');
  return Number(decodeDigest(header.digest.logs).slot?.slot ?? 0n);
}

test('the clock of one node is stepped while it runs, which shows in the slots that it seals', async (context) => {
  if (findFaketime() === null) return context.skip('libfaketime is missing: apt-get install faketime');
  const nodes = [
    { name: 'alice', keys: [{ suri: '//Alice' }], clock: 'stepped' as const, args: ['--force-authoring'] },
  ];
  const network = await startNodeNetwork({ binary: nodeBinary(), spec: specFile(context, '1'), nodes });
  context.after(() => network.close());
  const alice = network.node('alice');
  await alice.untilBest(2);
  const now = (): number => Math.floor(Date.now() / 1_000);
  assert.ok(Math.abs((await bestSlot(alice)) - now()) < STEP_SECONDS / 2);
  alice.stepClock(STEP_SECONDS);
  await waitFor(
    'a slot of the future',
    async () => (await bestSlot(alice)) > now() + STEP_SECONDS / 2,
    TIMEOUT,
  );
});

test('a node that is cut off from its peers stands alone, and comes back', async (context) => {
  const missing = namespacesMissing();
  if (missing !== null) return context.skip(missing);
  const nodes = ['Alice', 'Bob', 'Charlie', 'Dave'].map((name) => ({
    name: name.toLowerCase(),
    keys: [{ suri: `//${name}` }],
  }));
  const network = await startNodeNetwork({
    binary: nodeBinary(),
    spec: specFile(context, '4'),
    nodes,
    namespaces: true,
    args: GOSSIP,
  });
  context.after(() => network.close());
  const [alice, dave] = [network.node('alice'), network.node('dave')];
  await dave.untilFinalised(2);
  dave.partition({ from: 'peers' });
  // What was sent to Dave before may still reach him, and however much that is, he falls behind.
  await waitFor(
    'three of four go on, and Dave does not',
    async () => (await alice.finalisedNumber()) >= (await dave.finalisedNumber()) + 2 * APART_BLOCKS,
    { timeoutMs: BACK_TIMEOUT_MS },
  );
  const ahead = await alice.finalisedNumber();
  dave.heal();
  // A stock node whose connections outlived the cut may stay on its own fork for minutes; a new start syncs
  // anew.
  await dave.kill();
  await dave.start();
  await dave.untilFinalised(ahead, BACK_TIMEOUT_MS);
});
