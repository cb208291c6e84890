import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { systemClock } from '@watchbill/kit';
import {
  bestBlock,
  blockHash,
  type FakeChainHead,
  fakeChainHead,
  finalized,
  newBlock,
} from './fake-chain-head.ts';
import { FinalityFault } from './ledger.ts';
import { measureFinality } from './measure.ts';

type Fakes = readonly FakeChainHead[];

async function fakes(context: TestContext, ...numbers: readonly number[]): Promise<Fakes> {
  const all = await Promise.all(numbers.map((number) => fakeChainHead(number)));
  context.after(() => all.forEach((one) => void one.close()));
  return all;
}

function measure(
  nodes: Fakes,
  more: { warmupBlocks?: number; timeoutSeconds?: number; signal?: AbortSignal } = {},
) {
  return measureFinality({
    nodes: nodes.map(({ url }, index) => ({ name: ['alice', 'bob'][index] ?? '', rpcUrl: url })),
    warmupBlocks: 0,
    blocks: 2,
    timeoutSeconds: 60,
    signal: new AbortController().signal,
    ...more,
    clock: systemClock(),
  });
}

/** Tells when somebody listens: what was final before is let go first. */
const untilListened = (head: FakeChainHead) => untilUnpinned(head, 1);

/** A block is let go by a message, which may still be under way when what it was measured for is told. */
async function untilUnpinned({ unpinned }: FakeChainHead, count: number): Promise<void> {
  while (unpinned.length < count) await new Promise((resolve) => setTimeout(resolve, 5));
}

const failsWith = (why: RegExp) => (error: unknown) =>
  error instanceof FinalityFault && why.test(error.message);

test('blocks that were there before are not measured, the others are, and every block is let go', async (context) => {
  const [alice, bob] = await fakes(context, 3, 5);
  assert.ok(alice !== undefined && bob !== undefined);
  const measured = measure([alice, bob]);
  await Promise.all([untilListened(alice), untilListened(bob)]);
  // Bob had block 6 when it was asked: no node's block 6 is measured.
  for (const event of [newBlock(6), bestBlock(6), newBlock(7), newBlock(8), finalized(6, 7), finalized(8)])
    bob.tell(event);
  for (const event of [newBlock(4), bestBlock(4), newBlock(5), newBlock(6), newBlock(7), newBlock(8)])
    alice.tell(event);
  alice.tell(finalized(4, 5, 6, 7, 8));
  const { firstBlock, lastBlock, lagMs, blocks } = await measured;
  assert.deepEqual([firstBlock, lastBlock, lagMs.samples], [7, 8, 4]);
  assert.deepEqual(
    blocks.map(({ hash, lagMs: lags }) => [hash, Object.keys(lags)]),
    [
      [blockHash(7), ['alice', 'bob']],
      [blockHash(8), ['alice', 'bob']],
    ],
  );
  await untilUnpinned(alice, 6);
  assert.deepEqual(alice.unpinned, [2, 4, 5, 6, 7, 8].map(blockHash));
});

test('what is told before the number of the first block is known is not lost; a warm-up is left out', async (context) => {
  const early = [newBlock(4), bestBlock(4), newBlock(5), newBlock(6), newBlock(7), newBlock(8)];
  const node = await fakeChainHead(3, { headerAfter: [...early, finalized(4, 5, 6, 7, 8)] });
  context.after(() => node.close());
  const { firstBlock, lagMs } = await measure([node], { warmupBlocks: 6 });
  assert.deepEqual([firstBlock, lagMs.samples], [7, 2]);
});

test('a node that does not know the subscription, ends it, or goes away is told, with its name', async (context) => {
  const older = await fakeChainHead(3, { refuses: true });
  context.after(() => older.close());
  await assert.rejects(
    measure([older]),
    failsWith(/alice: the node does not tell its blocks: Method not found/),
  );
  const [stops, goes, lies] = await fakes(context, 3, 3, 3);
  assert.ok(stops !== undefined && goes !== undefined && lies !== undefined);
  const ended = assert.rejects(measure([stops]), failsWith(/alice: the node ended the subscription/));
  await untilListened(stops);
  stops.tell({ event: 'stop' });
  await ended;
  const gone = assert.rejects(measure([goes]), failsWith(/alice: what the node told was lost/));
  await untilListened(goes);
  goes.drop();
  await gone;
  const wrong = assert.rejects(measure([lies]), failsWith(/alice: .* came before its import was told/));
  await untilListened(lies);
  lies.tell(finalized(4));
  await wrong;
});

test('it ends in its time, and when it is interrupted', async (context) => {
  const [one, other] = await fakes(context, 3, 3);
  assert.ok(one !== undefined && other !== undefined);
  await assert.rejects(
    measure([one], { timeoutSeconds: 0 }),
    failsWith(/after 0 s the finalised heights were alice/),
  );
  await assert.rejects(measure([other], { signal: AbortSignal.abort() }), failsWith(/interrupted/));
});
