import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { NodeFault } from '../rpc/fault.ts';
import { connectedNode, type FakeChain, fakeChain } from '../testing/index.ts';
import { type ChainView, viewChain } from './observe.ts';

/** Looks again and again at a node whose chain the test changes. */
async function observer(t: TestContext, chain: FakeChain) {
  const { fake, node } = await connectedNode(t, chain.answers);
  let last: ChainView | null = null;
  return {
    fake,
    look: async (): Promise<ChainView> => {
      last = await viewChain(node, last);
      return last;
    },
  };
}

test('one view has the chain, the finalised block, session, BEEFY set and voter', async (t) => {
  const { look } = await observer(t, fakeChain({ finalized: 42, setId: 3, round: 70, finalizedBy: 3 }));
  const view = await look();
  assert.match(view.chain, /^0x(91){32}$/);
  assert.deepEqual([view.finalizedBlock, view.session, view.beefySetId], [42n, 7n, 9n]);
  assert.deepEqual(view.voter, { setId: 3n, round: 70n, sure: true });
});

test('a set whose first block is not finalised yet proves nothing; its restart does', async (t) => {
  const chain = fakeChain({ finalized: 42, setId: 3, round: 70, finalizedBy: 3 });
  const { look } = await observer(t, chain);
  await look();
  // The block that changes the set is finalised, by the old set; the voter has not restarted.
  chain.set({ finalized: 43, setId: 4 });
  assert.equal((await look()).voter?.sure, false);
  chain.set({ round: 1 });
  assert.equal((await look()).voter?.sure, true);
  chain.set({ round: 90 });
  assert.deepEqual((await look()).voter, { setId: 4n, round: 90n, sure: true });
});

test('a syncing node gets its finality from others, which proves nothing', async (t) => {
  const chain = fakeChain({ finalized: 42, setId: 3, round: 70, finalizedBy: 3, syncing: true });
  const { look } = await observer(t, chain);
  const first = await look();
  assert.deepEqual([first.voter?.sure, first.syncing], [false, true]);
  chain.set({ syncing: false });
  const second = await look();
  assert.deepEqual([second.voter?.sure, second.syncing], [true, false]);
  chain.set({ syncing: true });
  assert.equal((await look()).syncing, false, 'only the beginning is withheld');
});

test('a node that has just started does not know that it is behind: without peers it counts as syncing', async (t) => {
  const { look, fake } = await observer(t, fakeChain({ finalized: 42 }));
  const health = { peers: 0, isSyncing: false, shouldHavePeers: true };
  fake.answers.set('system_health', () => health);
  assert.equal((await look()).syncing, true);
  health.shouldHavePeers = false;
  assert.equal((await look()).syncing, false, 'a node that may be alone');
});

test('a block arrived if it is new since the last view, and the node is in sync', async (t) => {
  const chain = fakeChain({ finalized: 42 });
  const { look } = await observer(t, chain);
  const slots = [(await look()).arrivedSlot, (await look()).arrivedSlot];
  for (const change of [
    { finalized: 43 },
    {},
    { finalized: 44, syncing: true },
    { finalized: 45, syncing: false },
  ]) {
    chain.set(change);
    slots.push((await look()).arrivedSlot);
  }
  assert.deepEqual(slots, [null, null, 43n, null, null, 45n]);
});

test('another chain behind the address begins anew', async (t) => {
  const chain = fakeChain({ finalized: 42, setId: 3, round: 70, finalizedBy: 3 });
  const { look } = await observer(t, chain);
  await look();
  chain.set({ genesis: `0x${'92'.repeat(32)}`, round: 71, finalizedBy: 2 });
  assert.equal((await look()).voter?.sure, false);
});

test('a node without a voter, and a runtime without sessions, BEEFY or GRANDPA, still tell the rest', async (t) => {
  const chain = fakeChain({
    finalized: 0,
    setId: 3,
    round: 70,
    finalizedBy: null,
    session: null,
    beefy: null,
  });
  const { look, fake } = await observer(t, chain);
  assert.equal((await look()).voter?.sure, false);
  chain.set({ finalized: 5 });
  assert.equal((await look()).voter?.sure, false);
  fake.answers.delete('grandpa_roundState');
  const view = await look();
  assert.deepEqual([view.finalizedBlock, view.session, view.beefySetId, view.voter], [5n, null, null, null]);
});

test('an answer that cannot be read is a fault, not an absence', async (t) => {
  const { look, fake } = await observer(t, fakeChain({ finalized: 5, setId: 0, round: 1, finalizedBy: 0 }));
  fake.answers.set('grandpa_roundState', () => ({ setId: 'x' }));
  await assert.rejects(look(), (error: unknown) => error instanceof NodeFault && error.code === 'malformed');
});
