import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { listening } from '@watchbill/kit/testing';
import type { Health } from '../../file/live/index.ts';
import type { Objects } from './objects.ts';
import { rpcPortOf, signerHealth } from './signer.ts';

function set(...args: readonly string[]) {
  return { kind: 'StatefulSet', spec: { template: { spec: { containers: [{ name: 'node', args }] } } } };
}

/** A node that answers so, behind a way that leads to it. */
async function healthOf(answer: unknown): Promise<Health> {
  const server = createServer((_request, response) => response.end(JSON.stringify(answer)));
  const port = await listening(server);
  const objects = { get: async () => ({ ok: true, object: set('--rpc-port=9955') }) } as unknown as Objects;
  const asked: unknown[] = [];
  const forward = async (...wanted: readonly unknown[]) => {
    asked.push(wanted);
    return { port, close: () => undefined };
  };
  const ref = { apiVersion: 'apps/v1', kind: 'StatefulSet', namespace: 'nodes', name: 'v-0' };
  const health = await signerHealth(
    { objects, forward, timeoutMs: 60_000 },
    ref,
    AbortSignal.timeout(60_000),
  );
  assert.deepEqual(asked, [['nodes', 'v-0-0', 9955]]);
  return health;
}

test('a signer is verified when it is synced and has peers', async () => {
  const result = { peers: 3, isSyncing: false, shouldHavePeers: true };
  assert.deepEqual(await healthOf({ result }), { state: 'healthy' });
  assert.equal((await healthOf({ result: { ...result, isSyncing: true } })).state, 'waiting');
  const alone = (shouldHavePeers: boolean) => healthOf({ result: { ...result, peers: 0, shouldHavePeers } });
  assert.deepEqual(await alone(true), { state: 'waiting', detail: 'v-0-0 has no peers', peers: 'missed' });
  assert.deepEqual(await alone(false), { state: 'waiting', detail: 'v-0-0 has no peers', peers: 'untold' });
});

test('an answer that says nothing leaves it unknown', async () => {
  for (const answer of [{}, { error: { message: 'no' } }, { result: {} }, [], 'healthy'])
    assert.equal((await healthOf(answer)).state, 'unknown');
});

test('the port of the RPC is that of the command line, before the words for the relay chain', () => {
  assert.equal(rpcPortOf(set('--validator')), 9944);
  assert.equal(rpcPortOf(set('--rpc-port=1', '--', '--rpc-port=2')), 1);
  assert.equal(rpcPortOf(set('--collator', '--', '--rpc-port=2')), 9944);
  assert.equal(rpcPortOf(set('--rpc-port', '3')), 3);
});
