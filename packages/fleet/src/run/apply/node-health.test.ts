import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Health, NoPeers } from '../../file/live/index.ts';
import { healthInCompany, judgedHealth } from './node-health.ts';

const [FIRST, SECOND, RPC] = ['east/StatefulSet/n/v-0', 'west/StatefulSet/n/v-1', 'east/StatefulSet/n/rpc'];
const OWN = { ownOnly: true, nodes: [FIRST, SECOND, RPC] };
const PUBLIC = { ...OWN, ownOnly: false };

const answer = (peers: number, more: object = {}) =>
  judgedHealth('v', { result: { peers, isSyncing: false, shouldHavePeers: true, ...more } });

test('a node with peers that does not sync is healthy; without peers it waits, and says whether it knows boot nodes', () => {
  assert.deepEqual(answer(1), { state: 'healthy' });
  assert.equal(answer(1, { isSyncing: true }).state, 'waiting');
  assert.equal(answer(0, { isSyncing: true, shouldHavePeers: false }).state, 'waiting');
  assert.deepEqual(answer(0), { state: 'waiting', detail: 'v has no peers', peers: 'missed' });
  assert.deepEqual(answer(0, { shouldHavePeers: undefined }), answer(0));
  assert.deepEqual(answer(0, { shouldHavePeers: false }), {
    state: 'waiting',
    detail: 'v has no peers',
    peers: 'untold',
  });
});

const without = (peers: NoPeers): Health => ({ state: 'waiting', detail: 'v-0 has no peers', peers });

/** Other nodes by name; any other name does not exist. */
const ask = (
  peers: NoPeers,
  chains: Parameters<typeof healthInCompany>[2],
  others: Readonly<Record<string, Health>> = {},
) => healthInCompany(FIRST, without(peers), chains, async (id) => others[id] ?? { state: 'gone' });

describe('a node without peers', () => {
  test('is fine as the first node of a chain with no other known nodes, with and without boot nodes', async () => {
    for (const peers of ['missed', 'untold'] as const) {
      assert.deepEqual(await ask(peers, [OWN]), { state: 'healthy' });
      const others = {
        [SECOND]: { state: 'failed', detail: 'x' },
        [RPC]: { state: 'waiting', detail: 'x' },
      } as const;
      assert.deepEqual(await ask(peers, [OWN], others), { state: 'healthy' });
    }
  });

  test('is fine in a network of one node without boot nodes', async () => {
    assert.deepEqual(await ask('untold', []), { state: 'healthy' });
    assert.deepEqual(await ask('untold', [{ ownOnly: false, nodes: [FIRST] }]), { state: 'healthy' });
  });

  test('is not verified where another node of its chain runs, at whatever place', async () => {
    for (const peers of ['missed', 'untold'] as const)
      for (const other of [SECOND, RPC])
        assert.deepEqual(await ask(peers, [OWN], { [other]: { state: 'healthy' } }), {
          state: 'waiting',
          detail: `v-0 has no peers, and ${other} runs the same chain`,
        });
  });

  test('is not known to be alone where another cannot be asked', async () => {
    const others = { [SECOND]: { state: 'unknown', detail: 'not heard of' } } as const;
    assert.equal((await ask('untold', [OWN], others)).state, 'unknown');
  });

  test('of a chain with nodes elsewhere is never fine if it knows boot nodes', async () => {
    for (const chains of [[], [PUBLIC], [{ ownOnly: true, nodes: [SECOND] }]])
      assert.deepEqual(await ask('missed', chains), without('missed'));
  });
});

test('only having no peers is looked at: what waits for another reason, is failed, or healthy, stays so', async () => {
  const never = async (): Promise<Health> => assert.fail('no other node is asked');
  for (const health of [
    { state: 'healthy' },
    { state: 'waiting', detail: 'syncs' },
    { state: 'unknown', detail: 'x' },
  ] as const)
    assert.deepEqual(await healthInCompany(FIRST, health, [OWN], never), health);
});
