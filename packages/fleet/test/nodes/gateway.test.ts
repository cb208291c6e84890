// The gateway before real nodes: it answers as they do, refuses what they would do, and leaves the one that
// stands still.

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { connectNode } from '@watchbill/chain';
import { readNetwork } from '@watchbill/fleet/file';
import { gatewayShape, keyHash, openGateway, renderGateways } from '@watchbill/fleet/gateway';
import { freePort } from '@watchbill/kit/ports';
import { type NodeNetwork, startNodeNetwork, waitFor } from '@watchbill/testkit';
import { startCommand } from '@watchbill/testkit/command';
import { nodeBinary, specFile } from '@watchbill/testkit/scenario';
import { pino } from 'pino';
import { folderUntilExit } from './folder.ts';

const KEY = 'wbk_of-this-test';
const WAIT = { timeoutMs: 120_000, everyMs: 100 };

async function ground(context: TestContext): Promise<NodeNetwork> {
  const folder = folderUntilExit('watchbill-gateway-');
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
  const folder = folderUntilExit('watchbill-gateway-');
  const keysFile = join(folder, 'keys.json');
  writeFileSync(
    keysFile,
    JSON.stringify({ version: 1, keys: [{ name: 'test', tier: 'all', sha256: keyHash(KEY) }] }),
  );
  const settings = gatewayShape.parse({
    listen: { port: 0 },
    backends: ['one', 'two'].map((name) => ({ name, url: network.node(name).wsUrl })),
    // A check may take twice as long as the time between two: a moment in which everything stands still is no
    // outage of a node.
    pool: { checkIntervalMs: 2_500, timeoutMs: 10_000, mostLag: 10, evictAfterMs: 1_000 },
    tiers: { all: { methods: ['*'], requestsPerSecond: 1_000, burst: 1_000 } },
    keysFile,
  });
  const gateway = await openGateway(settings, { log: pino({ level: 'silent' }) });
  context.after(() => gateway.close(500));
  let answer = '';
  const states = async () => {
    answer = await (await fetch(`${gateway.adminUrl}/readyz`)).text();
    const { backends } = JSON.parse(answer) as {
      readonly backends: readonly { readonly name: string; readonly state: string }[];
    };
    return Object.fromEntries(backends.map(({ name, state }) => [name, state]));
  };
  // A wait that ends in vain shows what the gateway knew and what its nodes did.
  const detail = () =>
    [
      answer,
      ...network.nodes().map(({ name, log }) => `${name}: ${log().split('\n').slice(-12).join('\n')}`),
    ].join('\n');
  const wait = { ...WAIT, detail };
  const client = connectNode(`${gateway.url.replace('http', 'ws')}/k/${KEY}`, { timeoutMs: 60_000 });
  context.after(() => client.close());
  return { gateway, states, client, wait };
}

/**
 * What `services gateway render` writes for a machine with one node at the port of that one, and the words by
 * which its unit starts it.
 */
function renderedBefore(port: number) {
  const file = `format: watchbill/network/1
name: trial
chain: {name: westend}
machines: {iron: {host: 127.0.0.1}}
defaults:
  software: {binary: {source: "https://example.org/node", sha256: ${'ab'.repeat(32)}}, sdk: stable2509}
pools: {rpc: {role: rpc, place: iron, ports: {rpc: ${port}}}}
`;
  const read = readNetwork(file);
  assert.ok(read.ok, JSON.stringify(read));
  const common = { place: null, pool: null, image: null, route: null, clusterDomain: 'cluster.local' };
  const [gateway] = renderGateways(read.network, { ...common, program: '/opt/watchbill' }).gateways;
  assert.ok(gateway !== undefined);
  const unit = [...gateway.files].find(([path]) => path.endsWith('.service'))?.[1] ?? '';
  const [, program, words = ''] = /^ExecStart=(\S+) (.+)$/m.exec(unit) ?? [];
  assert.equal(program, '/opt/watchbill');
  return { files: gateway.files, settings: gateway.settings, words: words.split(' ') };
}

async function assertRenderedServes(context: TestContext, network: NodeNetwork): Promise<void> {
  const root = folderUntilExit('watchbill-gateway-');
  const node = network.node('one');
  const { files, settings, words } = renderedBefore(Number(new URL(node.rpcUrl).port));
  const file = join(root, settings);
  mkdirSync(dirname(file), { recursive: true });
  // Another test may have the port that it would take.
  const [port, admin] = [await freePort(), await freePort()];
  const text = files.get(settings) ?? '';
  writeFileSync(
    file,
    text.replace(/^ {2}port: \d+$/m, `  port: ${port}`).replace(/(host: \S+, port: )\d+/, `$1${admin}`),
  );
  const key = join(root, 'app.key');
  const flags = ['--config', file, '--name', 'app', '--tier', 'partner', '--out', key];
  const made = await startCommand(root, ['fleet', 'gateway', 'key', ...flags]).ended;
  assert.equal(made.code, 0, made.errors);
  const running = startCommand(
    root,
    words.map((word) => (word.startsWith('/etc/') ? file : word)),
  );
  context.after(() => running.stop());
  const ended = { code: null as number | null | undefined };
  void running.ended.then(({ code, errors }) => Object.assign(ended, { code, errors }));
  const answered = async () => {
    try {
      return (await fetch(`http://127.0.0.1:${admin}/readyz`)).status === 200;
    } catch {
      return false;
    }
  };
  await waitFor('it is ready', answered, { ...WAIT, detail: () => JSON.stringify(ended) });
  const ask = async (method: string, headers: Readonly<Record<string, string>>) => {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: [] });
    return (await (await fetch(`http://127.0.0.1:${port}`, { method: 'POST', headers, body })).json()) as {
      readonly result?: unknown;
      readonly error?: { readonly code: number };
    };
  };
  const own = { 'x-api-key': readFileSync(key, 'utf8').trim() };
  const chain = await node.rpc.call('system_chain', []);
  await waitFor(
    'a caller with a key is answered',
    async () => (await ask('system_chain', own)).result === chain,
    WAIT,
  );
  assert.equal((await ask('system_chain', {})).error?.code, -32101);
  assert.equal((await ask('author_rotateKeys', own)).error?.code, -32601);
}

test('callers follow the chain through the gateway, whatever befalls one node; nobody reaches its keys', async (context) => {
  const network = await ground(context);
  await network.node('one').untilFinalised(2, WAIT.timeoutMs);
  await network.node('two').untilFinalised(2, WAIT.timeoutMs);
  await context.test('what is rendered for a machine serves, as its unit starts it', (inner) =>
    assertRenderedServes(inner, network),
  );
  const { gateway, states, client, wait } = await gatewayBefore(context, network);
  await waitFor(
    'both are ready',
    async () => Object.values(await states()).every((one) => one === 'ready'),
    wait,
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
  await waitFor('finality is followed', () => heights.length >= 3, wait);

  // On the node's own port, which is loopback, it would have made keys.
  await assert.rejects(client.call('author_rotateKeys', []), /is refused for every caller/);
  const overHttp = await fetch(gateway.url, {
    method: 'POST',
    headers: { authorization: `Bearer ${KEY}` },
    body: '{"jsonrpc":"2.0","id":1,"method":"author_rotateKeys","params":[]}',
  });
  assert.match(await overHttp.text(), /-32601/);

  network.node('one').pause();
  await waitFor('the one that stands still is left', async () => (await states()).one !== 'ready', wait);
  const seen = heights.length;
  await waitFor('the caller goes on with the other', () => heights.length >= seen + 3, wait);
  const health = await client.call<{ readonly isSyncing: boolean }>('system_health');
  assert.equal(health.isSyncing, false);
  // A node that only wakes again may sync at a crawl for minutes (paritytech/substrate issue 12101), so it is
  // restarted, as an operator would do.
  await network.node('one').kill();
  await network.node('one').start();
  await waitFor('it is taken back', async () => (await states()).one === 'ready', wait);
  await network.node('two').kill();
  const later = heights.length;
  await waitFor('and carries the caller when the other dies', () => heights.length >= later + 3, wait);
});
