import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NodeFault, type NodeRpc } from '@watchbill/chain';
import { oldNode } from './move.ts';
import { checkInStep, checkLoopback } from './preflight.ts';

/** A node that answers from a table; what is not in it is not an answer. */
function fakeNode(answers: Readonly<Record<string, unknown>>, address = 'ws://127.0.0.1:1'): NodeRpc {
  return {
    address,
    call: async <T>(method: string): Promise<T> => {
      if (!(method in answers)) throw new NodeFault('unreachable', `${address} does not answer`);
      return answers[method] as T;
    },
    subscribe: async () => ({ close: () => undefined }),
    close: () => undefined,
  };
}

test('keys are made over loopback alone', () => {
  for (const address of [
    'ws://127.0.0.1:9944',
    'ws://127.1.2.3:1',
    'ws://localhost:9944',
    'http://[::1]:9944',
  ])
    checkLoopback(fakeNode({}, address));
  for (const address of ['ws://10.0.0.1:9944', 'wss://rpc.example', 'ws://127.0.0.1.example:9944', 'node'])
    assert.throws(() => checkLoopback(fakeNode({}, address)), { code: 'preflight' }, address);
});

test('a node that is syncing, or does not say, is not in step', async () => {
  await checkInStep(fakeNode({ system_health: { isSyncing: false } }));
  await assert.rejects(checkInStep(fakeNode({ system_health: { isSyncing: true } })), { code: 'preflight' });
  await assert.rejects(checkInStep(fakeNode({ system_health: {} })), { code: 'preflight' });
  await assert.rejects(checkInStep(fakeNode({})), { code: 'node' });
});

test('a move is between two nodes of one chain: one has the keys and the other has not, and is a validator', async () => {
  const genesis = `0x${'11'.repeat(32)}`;
  const from = { chain_getBlockHash: genesis, system_localPeerId: 'A', author_hasSessionKeys: true };
  const to = {
    ...{ chain_getBlockHash: genesis, system_localPeerId: 'B', author_hasSessionKeys: false },
    system_nodeRoles: ['Authority'],
  };
  const check = (one: object, other: object, keys: string | null = '0x01') =>
    oldNode({
      from: fakeNode({ ...from, ...one }),
      fromName: 'old',
      to: fakeNode({ ...to, ...other }),
    }).check(keys);
  await check({}, {});
  const refused = [
    [{}, { chain_getBlockHash: `0x${'22'.repeat(32)}` }, /two chains/],
    [{}, { system_localPeerId: 'A' }, /both are one node/],
    [{ author_hasSessionKeys: false }, {}, /not the node that signs/],
    [{}, { author_hasSessionKeys: true }, /one key set sign twice/],
    [{}, { system_nodeRoles: ['Full'] }, /not a validator/],
  ] as const;
  for (const [one, other, message] of refused) await assert.rejects(check(one, other), message);
  await assert.rejects(check({}, {}, null), /no node signs for it now/);
  // An unknown fact is not a yes.
  for (const name of Object.keys(from)) {
    const silent = fakeNode(Object.fromEntries(Object.entries(from).filter(([key]) => key !== name)));
    await assert.rejects(oldNode({ from: silent, fromName: 'old', to: fakeNode(to) }).check('0x01'), {
      code: 'node',
    });
  }
  for (const name of Object.keys(to)) {
    const silent = fakeNode(Object.fromEntries(Object.entries(to).filter(([key]) => key !== name)));
    await assert.rejects(oldNode({ from: fakeNode(from), fromName: 'old', to: silent }).check('0x01'), {
      code: 'node',
    });
  }
});
