// Nodes of a chain of one's own on a real control plane: whom they are told of, and when one without peers
// counts as verified. What answers for the nodes is a stand-in.

import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { image, runIn, standInCluster, writeChain } from './cli-ground.ts';
import { itemsOf } from './ground.ts';

const ID = '12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp';
const GATE = ['--allow-signing', '--gate-timeout'] as const;

const { plane, node, bench } = await standInCluster();
beforeEach(() => {
  Object.assign(node.health, { peers: 0, isSyncing: false, shouldHavePeers: true });
});

/** Validators of a chain of its own; `bootNodes` are those of its specification. */
function write(name: string, bootNodes: readonly string[], pool = 'count: 2'): void {
  bench.write(`format: watchbill/network/1
name: ${name}
chain: ${writeChain(bench.folder, JSON.stringify({ name, bootNodes }))}
clusters: {east: {}}
defaults:
  software: {image: "${image('node')}", command: polkadot, sdk: stable2509}
pools:
  validators: {role: validator, ${pool}}
`);
}

async function setsOf(namespace: string): Promise<readonly string[]> {
  const path = `/apis/apps/v1/namespaces/${namespace}/statefulsets`;
  const sets = await itemsOf<{ readonly metadata: { readonly name: string } }>(plane, path);
  return sets.map(({ metadata }) => metadata.name);
}

test('nodes that would never find each other are refused with their line, before anything is made', async () => {
  write('strangers', []);
  const planned = await bench.run('plan');
  const rendered = await runIn(bench.folder, ['fleet', 'render', '--format', 'yaml']);
  assert.deepEqual([planned.code, rendered.code], [2, 2]);
  for (const { stderr } of [planned, rendered])
    assert.match(stderr, /its 2 nodes would not find each other[\s\S]*network\.yaml:3:9[\s\S]*role boot/);
});

test('the first validator of a specification that names the validators is verified alone, the second when it found the first', async () => {
  const service = 'validators-east.named.svc.cluster.local';
  write(
    'named',
    [0, 1].map((at) => `/dns/validators-east-${at}-0.${service}/tcp/30333/p2p/${ID.slice(0, -1)}${at + 1}`),
  );
  const made = await bench.plan();
  assert.deepEqual(made.plan.problems, []);
  const alone = /waiting .*validators-east-1.*has no peers, and east/;
  const stopped = await bench.waitOut(alone, 'apply', made.plan.id, ...GATE, '180');
  assert.equal(stopped.code, 1, stopped.stdout + stopped.stderr);
  assert.match(stopped.stderr, /^verified +create east\/StatefulSet\/named\/validators-east-0$/m);
  assert.match(
    stopped.stdout,
    /validators-east-1.*has no peers, and east\/StatefulSet\/named\/validators-east-0 runs/,
  );
  node.health.peers = 1;
  await bench.ends(0, 'apply', made.plan.id, ...GATE, '180');
  assert.deepEqual(await setsOf('named'), ['validators-east-0', 'validators-east-1']);
});

test('a validator whose specification names boot nodes of others is not verified alone', async () => {
  write('foreign', [`/dns/boot.example.org/tcp/30333/p2p/${ID}`]);
  const made = await bench.plan();
  const alone = /waiting .*validators-east-0.*has no peers/;
  const stopped = await bench.waitOut(alone, 'apply', made.plan.id, ...GATE, '180');
  assert.equal(stopped.code, 1, stopped.stdout + stopped.stderr);
  assert.match(stopped.stdout, /validators-east-0.*has no peers; waited/);
  assert.deepEqual(await setsOf('foreign'), ['validators-east-0']);
});
