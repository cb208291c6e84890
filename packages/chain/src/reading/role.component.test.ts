import assert from 'node:assert/strict';
import test from 'node:test';
import { systemClock } from '@watchbill/kit';
import { createVirtualClock } from '@watchbill/kit/testing';
import { connectNode } from '../rpc/connect.ts';
import { FAKE_GENESIS, type FakeState, fakeState, SILENCE, startFakeNode } from '../testing/index.ts';
import { roleEndpoints } from './role.ts';

const PATIENCE_MS = 60_000;

test('over real sockets: one endpoint hangs, one hangs up in the middle, the third serves', async () => {
  const state = fakeState({ runtime: 'relay-2026', address: 'state', head: 100 });
  state.set('Session', 'CurrentIndex', [[[], 4]]);
  // Deadlines of the endpoint that hangs pass as soon as it was asked, those of the others not at all.
  const clock = createVirtualClock();
  let passed = Promise.resolve();
  const hang = () => {
    passed = passed.then(() => clock.advance(PATIENCE_MS));
    return SILENCE;
  };
  const probes = ['chain_getBlockHash', 'chain_getFinalizedHead', 'chain_getHeader', 'state_getStorage'];
  const hangs = await startFakeNode(Object.fromEntries(probes.map((method) => [method, hang])));
  const [resets, serves] = [await startStateNode(state), await startStateNode(state)];
  resets.answers.set('state_queryStorageAt', () => {
    resets.hangUp();
    return SILENCE;
  });
  const nodes = [
    connectNode(hangs.webSocketUrl, { timeoutMs: PATIENCE_MS, clock }),
    ...[resets, serves].map(({ webSocketUrl }) => connectNode(webSocketUrl, { timeoutMs: PATIENCE_MS })),
  ];
  const limits = { probeTimeoutMs: PATIENCE_MS, callTimeoutMs: PATIENCE_MS, firstPauseMs: 20 };
  const role = roleEndpoints({ nodes, clock: systemClock(), genesis: FAKE_GENESIS, limits });
  try {
    const read = await role.readPinned(async (reader) => {
      const [[session] = []] = await reader.read([{ pallet: 'Session', item: 'CurrentIndex' }]);
      return session?.result === 'value' ? session.value : session;
    });
    assert.ok(read.ok, JSON.stringify(role.health()));
    assert.deepEqual([read.endpoint, read.value], [serves.webSocketUrl, 4]);
    assert.ok(resets.calls.includes('state_queryStorageAt'));
    assert.equal(role.health()[0]?.standing, 'silent');
  } finally {
    role.close();
    for (const node of [hangs, resets, serves]) await node.close();
  }
});

/** The state behind a real server. The answers of a state come at once. */
async function startStateNode(state: FakeState) {
  const methods = [
    'chain_getBlockHash',
    'chain_getFinalizedHead',
    'chain_getHeader',
    'state_getStorage',
    'state_getRuntimeVersion',
    'state_getStorageHash',
    'state_call',
    'state_queryStorageAt',
  ];
  return startFakeNode(
    Object.fromEntries(methods.map((method) => [method, (params) => state.answer(method, params)])),
  );
}
