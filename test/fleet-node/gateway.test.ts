// The gateway before real nodes: it answers as they do, refuses what they would do, and leaves the one that stands still.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { connectNode } from '@watchbill/chain';
import { gatewayShape, keyHash, openGateway } from '@watchbill/fleet/gateway';
import { type NodeNetwork, startNodeNetwork, waitFor } from '@watchbill/testkit';
import { nodeBinary, specFile } from '@watchbill/testkit/scenario';
import { pino } from 'pino';

const KEY = 'wbk_of-this-test';
const WAIT = { timeoutMs: 60_000, everyMs: 100 };

async function ground(context: TestContext): Promise<NodeNetwork> {
  const folder = mkdtempSync(join(tmpdir(), 'watchbill-gateway-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  const network = await startNodeNetwork({
    binary: nodeBinary(),
    spec: specFile('1', folder),
    folder: join(folder, 'nodes'),
    nodes: [
      { name: 'alice', keys: [{ suri: '//Alice' }] },
      { name: 'one', role: 'full' },
      { name: 'two', role: 'full' },
    ],
    args: ['--gossip-duration-ms', '200'],
  });
  context.after(() => network.close());
  return network;
}

async function gatewayBefore(context: TestContext, network: NodeNetwork) {
  const folder = mkdtempSync(join(tmpdir(), 'watchbill-gateway-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  const keysFile = join(folder, 'keys.json');
  writeFileSync(
    keysFile,
    JSON.stringify({ version: 1, keys: [{ name: 'test', tier: 'all', sha256: keyHash(KEY) }] }),
  );
  const settings = gatewayShape.parse({
    listen: { port: 0 },
    backends: ['one', 'two'].map((name) => ({ name, url: network.node(name).wsUrl })),
    pool: { checkIntervalMs: 250, timeoutMs: 2_000, mostLag: 3, evictAfterMs: 1_000 },
    tiers: { all: { methods: ['*'], requestsPerSecond: 1_000, burst: 1_000 } },
    keysFile,
  });
  const gateway = await openGateway(settings, { log: pino({ level: 'silent' }) });
  context.after(() => gateway.close(500));
  const states = async () => {
    const { backends } = (await (await fetch(`${gateway.adminUrl}/readyz`)).json()) as {
      readonly backends: readonly { readonly name: string; readonly state: string }[];
    };
    return Object.fromEntries(backends.map(({ name, state }) => [name, state]));
  };
  const client = connectNode(`${gateway.url.replace('http', 'ws')}/k/${KEY}`, { timeoutMs: 8_000 });
  context.after(() => client.close());
  return { gateway, states, client };
}

test('callers follow the chain through the gateway, whatever befalls one node; nobody reaches its keys', async (context) => {
  const network = await ground(context);
  await network.node('one').untilFinalised(2);
  await network.node('two').untilFinalised(2);
  const { gateway, states, client } = await gatewayBefore(context, network);
  await waitFor(
    'both are ready',
    async () => Object.values(await states()).every((one) => one === 'ready'),
    WAIT,
  );

  const genesis = await network.node('one').rpc.call('chain_getBlockHash', [0]);
  assert.equal(await client.call('chain_getBlockHash', [0]), genesis);
  const heights: number[] = [];
  await client.subscribe<{ readonly number: string }>(
    'chain_subscribeFinalizedHeads',
    [],
    'chain_unsubscribeFinalizedHeads',
    ({ number }) => heights.push(Number(number)),
  );
  await waitFor('finality is followed', () => heights.length >= 3, WAIT);

  // On the node's own port, which is loopback, it would have made keys.
  await assert.rejects(client.call('author_rotateKeys', []), /never answered here/);
  const overHttp = await fetch(gateway.url, {
    method: 'POST',
    headers: { authorization: `Bearer ${KEY}` },
    body: '{"jsonrpc":"2.0","id":1,"method":"author_rotateKeys","params":[]}',
  });
  assert.match(await overHttp.text(), /-32601/);

  network.node('one').pause();
  await waitFor('the one that stands still is left', async () => (await states()).one !== 'ready', WAIT);
  const seen = heights.length;
  await waitFor('the caller goes on with the other', () => heights.length >= seen + 3, WAIT);
  const health = await client.call<{ readonly isSyncing: boolean }>('system_health');
  assert.equal(health.isSyncing, false);
  network.node('one').resume();
  await waitFor('it is taken back', async () => (await states()).one === 'ready', WAIT);
  await network.node('two').kill();
  const later = heights.length;
  await waitFor('and carries the caller when the other dies', () => heights.length >= later + 3, WAIT);
});
