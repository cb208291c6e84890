import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { storageKey } from '@watchbill/chain';
import { type FakeAnswer, type FakeChainState, fakeChain, startFakeNode } from '@watchbill/chain/testing';
import { askNodes } from './nodes.ts';

/** A node that answers as the RPC of a validator does; further answers replace these. */
async function nodeUrl(
  t: TestContext,
  state: Partial<FakeChainState>,
  further: Readonly<Record<string, FakeAnswer>> = {},
): Promise<string> {
  const { answers } = fakeChain({ finalized: 42, setId: 3, round: 70, finalizedBy: 3, ...state });
  const best = `0x${'2a'.padStart(64, '0')}`;
  const node = await startFakeNode({
    ...answers,
    chain_getBlockHash: ([number]) => (number === undefined ? best : answers.chain_getBlockHash?.([number])),
    ...further,
  });
  t.after(() => node.close());
  return node.webSocketUrl;
}

test('each node shows its chain, its identity, its voter and the time of its newest block', async (t) => {
  const now = Buffer.alloc(8);
  now.writeBigUInt64LE(1_700_000_000_000n);
  const one = await nodeUrl(t, {}, { system_localPeerId: () => '12D3one' });
  const { answers } = fakeChain();
  const two = await nodeUrl(
    t,
    { round: 71 },
    {
      state_getStorage: ([key, at]) =>
        key === storageKey('Timestamp', 'Now')
          ? `0x${now.toString('hex')}`
          : answers.state_getStorage?.([key, at]),
    },
  );
  const { views, silent } = await askNodes([one, two, one]);
  assert.deepEqual(silent, []);
  assert.deepEqual(
    views.map(({ peer, setId, round, session, beefySetId, finalizedBlock, newestMs }) => [
      [peer, newestMs],
      [setId, round, session, beefySetId, finalizedBlock],
    ]),
    [
      [
        ['12D3one', null],
        [3n, 70n, 7n, 9n, 42n],
      ],
      [
        [null, 1_700_000_000_000],
        [3n, 71n, 7n, 9n, 42n],
      ],
    ],
  );
});

test('a round that stands beside a new set counts for no floor', async (t) => {
  // The set is new and its first block is not final, so the voter may still be the old one.
  const { views } = await askNodes([await nodeUrl(t, { setId: 4 })]);
  assert.deepEqual([views[0]?.setId, views[0]?.round], [null, null]);
});

test('a node whose answer cannot be read is silent, with the reason', async (t) => {
  const url = await nodeUrl(t, {}, { grandpa_roundState: () => ({ setId: 'three' }) });
  const { views, silent } = await askNodes([url]);
  assert.deepEqual(views, []);
  assert.deepEqual([silent[0]?.kind, silent[0]?.evidence.length], ['node-silent', 1]);
});
