import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { filesOf, readNetwork } from '../compile/read.ts';
import { halves } from '../graph/process.ts';
import type { KubernetesResource } from '../graph/resource.ts';
import { headText, IMAGE, IN_PODS } from '../testing/networks.ts';
import { podOf } from './kubernetes/testing/entry.ts';
import { rendered } from './render/rendered.ts';

const SPECS = { 'people.json': '{"id":"people"}', 'assets.json': '{"id":"assets"}' };
const spec = (file: keyof typeof SPECS) =>
  `{file: ${file}, sha256: ${createHash('sha256').update(SPECS[file]).digest('hex')}}`;

const PEERS = [
  '12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp',
  '12D3KooWHdiAxVd8uMQR1hGWXccidmfCwLqcMpGwR6QcTP6QRMuD',
];

/** Two parachains of one relay chain, each with a boot node and collators. */
const CHAIN = `
  spec: ${spec('people.json')}
  relay: {name: paseo}
  parachains: {assets: {spec: ${spec('assets.json')}}}`;
const TEXT = `${headText({ chain: CHAIN, software: `${IN_PODS}, command: node` })}pools:
  people: {role: collator, count: 2}
  assets: {role: collator, count: 2, runs: assets, ports: {p2p: 30500, relayP2p: 31500}}
  boot: {role: boot, count: 1, keys: {node: {peerId: ${PEERS[0]}}}}
  assets-boot: {role: boot, count: 1, runs: assets, keys: {node: {peerId: ${PEERS[1]}}}}
`;

const read = readNetwork(TEXT, new Map(Object.entries(SPECS)));

function argumentsOf(pool: string): readonly (readonly string[])[] {
  assert.ok(read.ok);
  const set = read.graph.resources.find(
    (one): one is KubernetesResource =>
      one.target === 'kubernetes' && one.kind === 'StatefulSet' && one.subject.pool === pool,
  );
  assert.ok(set !== undefined, pool);
  return halves([podOf(set).node.args].flat().map(String));
}

test('each pool runs its parachain, and all have the relay chain beside it', () => {
  assert.ok(read.ok, JSON.stringify(read));
  assert.deepEqual(filesOf(TEXT), ['people.json', 'assets.json']);
  const maps = read.graph.resources.filter(({ kind }) => kind === 'ConfigMap');
  assert.equal(maps.length, 2);
  const chainOf = (words: readonly string[] = []) => words.find((word) => word.startsWith('--chain='));
  const [[people, peopleRelay], [assets, assetsRelay]] = [argumentsOf('people'), argumentsOf('assets')];
  assert.equal(chainOf(people), chainOf(assets), 'the specification is mounted at one path in each pod');
  for (const relay of [peopleRelay, assetsRelay]) assert.equal(chainOf(relay), '--chain=paseo');
  const mounted = ['people', 'assets'].map((pool) => {
    const set = read.graph.resources.find(
      ({ kind, subject }) => kind === 'StatefulSet' && subject.pool === pool,
    );
    return /chain-spec-[0-9a-f]{12}/.exec(JSON.stringify(set?.body))?.[0];
  });
  assert.equal(new Set(mounted).size, 2, 'each has its own specification');
});

test('a node learns boot nodes of its parachain alone', () => {
  const bootsOf = (pool: string) =>
    (argumentsOf(pool)[0] ?? []).filter((word) => word.startsWith('--bootnodes='));
  const [[people = '', ...more], [assets = '', ...others]] = [bootsOf('people'), bootsOf('assets')];
  assert.ok(people.endsWith(PEERS[0] ?? '-'), people);
  assert.ok(assets.endsWith(PEERS[1] ?? '-'), assets);
  assert.deepEqual([more, others], [[], []]);
});

test('the network file that a job reads has each specification beside it', () => {
  const text = `${TEXT}jobs: {image: "${IMAGE}", backup: {schedule: "0 3 * * *"}}\n`.replace(
    '  boot:',
    '  backup: {role: backup, count: 1, runs: assets}\n  boot:',
  );
  const withJobs = readNetwork(text, new Map(Object.entries(SPECS)));
  assert.ok(withJobs.ok, JSON.stringify(withJobs));
  const [job] = rendered(withJobs.network, withJobs.graph, { format: 'jobs', place: null });
  assert.match(job?.text ?? '', /parachains:\s+assets:\s+spec:\s+file: chain-spec-[0-9a-f]{12}\.json/);
});

test('a flag of the relay chain stands once, also if the file names it', () => {
  for (const [written, times] of [
    ['{no-mdns: true}', 1],
    ['{no-mdns: false}', 0],
  ] as const) {
    const own = readNetwork(
      TEXT.replace('{role: collator, count: 2}', `{role: collator, relayFlags: ${written}}`),
      new Map(Object.entries(SPECS)),
    );
    assert.ok(own.ok, JSON.stringify(own));
    const set = own.graph.resources.find(({ name }) => name === 'people-main-0') as KubernetesResource;
    const [, relay = []] = halves([podOf(set).node.args].flat().map(String));
    assert.equal(relay.filter((word) => word === '--no-mdns').length, times, written);
  }
});
