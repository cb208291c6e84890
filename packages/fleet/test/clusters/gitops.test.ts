// A validator moves between clusters, and a GitOps tool applies the rendered folder before and after: one
// real API server, with a namespace for each cluster.

import assert from 'node:assert/strict';
import { cpSync, existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { waitFor } from '@watchbill/testkit';
import { parse } from 'yaml';
import { type Bench, image, makeBench, type Ran, runIn, standInCluster } from './cli-ground.ts';
import { makeNamespace } from './ground.ts';
import { applyFile, pathOf, type Written } from './rights.ts';

const WAIT = { timeoutMs: 120_000, everyMs: 100 };
const CLUSTERS = ['east', 'west'] as const;
type Cluster = (typeof CLUSTERS)[number];

const { plane } = await standInCluster();

/** A network with one validator that has the keys `stash`, and its two clusters. */
interface Move {
  readonly bench: Bench;
  readonly name: string;
  write(place: Cluster): void;
  render(out: string, ...flags: readonly string[]): Promise<Ran>;
  /** The tool applies a folder, and removes what it applied before and does not find any more. */
  deliver(out: string, prunes: boolean): Promise<void>;
  /** Pods that run with the keys. */
  signers(): Promise<readonly string[]>;
}

async function moveOf(name: string): Promise<Move> {
  const bench = makeBench(plane.kubeconfigFile);
  const namespaceOf = (cluster: Cluster) => `${name}-${cluster}`;
  for (const cluster of CLUSTERS) await makeNamespace(plane, namespaceOf(cluster));
  const applied = new Map<string, Written>();
  return {
    bench,
    name,
    write: (place) =>
      bench.write(`format: watchbill/network/1
name: ${name}
chain: {name: westend}
clusters: {east: {namespace: ${namespaceOf('east')}}, west: {namespace: ${namespaceOf('west')}}}
defaults:
  software: {image: '${image('node')}', command: polkadot, sdk: stable2509}
pools:
  v:
    role: validator
    place: ${place}
    keys: {session: {source: secret, secret: 'keys', set: stash, types: {babe: sr25519}}}
  rpc-east: {role: rpc, place: east}
  rpc-west: {role: rpc, place: west}
`),
    render: (out, ...flags) =>
      runIn(bench.folder, ['fleet', 'file', 'render', '--format', 'kustomize', '--out', out, ...flags]),
    deliver: async (out, prunes) => {
      const found = CLUSTERS.flatMap((cluster) => objectsIn(join(bench.folder, out, cluster)));
      for (const one of found) await applyFile(plane, JSON.stringify(one), 'kustomize-controller');
      const kept = new Set(found.map(pathOf));
      for (const [path] of applied)
        if (prunes && !kept.has(path)) {
          await plane.request('DELETE', path);
          applied.delete(path);
        }
      for (const one of found) applied.set(pathOf(one), one);
    },
    signers: async () => {
      const all = await Promise.all(CLUSTERS.map((cluster) => podsOf(namespaceOf(cluster))));
      return all.flat().sort();
    },
  };
}

/** As `kustomize build`: the files that the kustomization lists, namespaces excepted, which exist. */
function objectsIn(folder: string): readonly Written[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((file) => file !== 'kustomization.yaml')
    .map((file) => parse(readFileSync(join(folder, file), 'utf8')) as Written)
    .filter(({ kind }) => kind !== 'Namespace');
}

async function podsOf(namespace: string): Promise<readonly string[]> {
  const { body } = await plane.request('GET', `/api/v1/namespaces/${namespace}/pods`);
  const { items } = body as {
    items: {
      metadata: { name: string; annotations?: Record<string, string> };
      status: { phase?: string };
    }[];
  };
  return items
    .filter(({ metadata }) => metadata.annotations?.['watchbill/key-set'] === 'set.stash')
    .filter(({ status }) => status.phase === 'Running')
    .map(({ metadata }) => `${namespace}/${metadata.name}`);
}

const until = (move: Move, wanted: readonly string[]) =>
  waitFor(
    `signers ${wanted.join()}`,
    async () => JSON.stringify(await move.signers()) === JSON.stringify(wanted),
    WAIT,
  );

async function startInEast(move: Move): Promise<void> {
  move.write('east');
  assert.equal((await move.render('out', '--signers')).code, 0);
  await move.deliver('out', true);
  await until(move, [`${move.name}-east/v-east-0-0`]);
}

/** Longer than the controllers need for a pod of a set that was just applied. */
async function untilSettled(move: Move, cluster: Cluster): Promise<void> {
  const path = `/api/v1/namespaces/${move.name}-${cluster}/pods/rpc-${cluster}-${cluster}-0`;
  await waitFor(
    `the RPC node of ${cluster}`,
    async () => {
      const { status, body } = await plane.request('GET', path);
      return status === 200 && (body as { status: { phase?: string } }).status.phase === 'Running';
    },
    WAIT,
  );
}

for (const prunes of [true, false])
  test(`a move is rendered without a second signer, ${prunes ? 'with' : 'without'} pruning`, async () => {
    const move = await moveOf(prunes ? 'pruned' : 'kept');
    await startInEast(move);
    move.write('west');
    const refused = await move.render('out', '--signers');
    assert.equal(refused.code, 3, refused.stderr);
    assert.match(refused.stderr, /another tool may start the new signer before it stops the old one/);
    assert.ok(
      existsSync(join(move.bench.folder, 'out/east/statefulset-v-east-0.yaml')),
      'nothing was replaced',
    );
    const waits = await move.render('out');
    assert.equal(waits.code, 0, waits.stderr);
    assert.equal(existsSync(join(move.bench.folder, 'out/east/statefulset-v-east-0.yaml')), false);
    await move.deliver('out', prunes);
    await untilSettled(move, 'west');
    await until(move, prunes ? [] : ['kept-east/v-east-0-0']);
    if (prunes) {
      assert.equal((await move.render('out', '--signers')).code, 0);
      await move.deliver('out', prunes);
      await until(move, ['pruned-west/v-west-0-0']);
    }
    move.bench.close();
  });

test('control: two renderings in one folder, as before, run two signers of one key', async () => {
  const move = await moveOf('before');
  await startInEast(move);
  move.write('west');
  const refused = await move.render('moved', '--signers');
  assert.match(refused.stderr, /another tool may start the new signer before it stops the old one/);
  // A person who removes the record renders as if nothing ran.
  for (const file of readdirSync(move.bench.folder))
    if (file.startsWith('.watchbill-rendered.')) rmSync(join(move.bench.folder, file));
  assert.equal((await move.render('moved', '--signers')).code, 0);
  cpSync(join(move.bench.folder, 'moved'), join(move.bench.folder, 'out'), { recursive: true });
  await move.deliver('out', true);
  await until(move, ['before-east/v-east-0-0', 'before-west/v-west-0-0']);
  move.bench.close();
});
