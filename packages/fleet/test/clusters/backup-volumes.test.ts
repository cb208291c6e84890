// Restores and drills from snapshots of volumes: a real API server, the real controller of snapshots, real
// nodes. In place of the CSI driver volumes are folders that are copied; in place of the kubelet a program
// runs the pods as processes on them.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { waitFor } from '@watchbill/testkit';
import { parseAllDocuments } from 'yaml';
import { NODE_FLAGS } from '../nodes/ground.ts';
import { type Bench, image, makeBench, runIn, writeChain } from './cli-ground.ts';
import { type FakePod, finalIn } from './fake-pod.ts';
import { itemsOf, makeSecret, mergePatch, untilAllowed } from './ground.ts';
import { killedWhen } from './killed-command.ts';
import { type Newcomer, startNewcomer, untilFit } from './newcomer-ground.ts';

const WAIT = { timeoutMs: 120_000, everyMs: 100 };
const NODE = 'backup-east-0';
const POD = `deep/${NODE}-0`;
const CLAIM = `data-${NODE}-0`;
const CLAIM_PATH = `/api/v1/namespaces/deep/persistentvolumeclaims/${CLAIM}`;
const SNAPSHOTS = '/apis/snapshot.storage.k8s.io/v1';

let newcomer: Newcomer;
let bench: Bench;

before(async () => {
  newcomer = await startNewcomer();
  const { plane, chain, specFile } = newcomer;
  bench = makeBench(plane.kubeconfigFile);
  // The specification names the validator as its boot node: a drill would find a peer if it looked for one.
  bench.write(`format: watchbill/network/1
name: deep
chain: ${writeChain(bench.folder, readFileSync(specFile, 'utf8'))}
clusters: {east: {}}
backup: {volumeSnapshotClass: folders}
defaults:
  software: {image: "${image('node')}", command: watchbill-devnode, sdk: stable2606}
  customFlags: ${JSON.stringify(NODE_FLAGS)}
pools:
  backup:
    role: backup
    keys: {node: {source: secret, secret: p2p}}
    storage: {chainGiB: 1, class: folders}
`);
  await plane.request('POST', '/api/v1/namespaces', { metadata: { name: 'deep' } });
  await makeSecret(plane, 'deep', 'p2p', { key: 'ab'.repeat(32) });
  await bench.settle('--gate-timeout', '180');
  await chain.node('alice').untilFinalised(3);
});

after(async () => {
  bench?.close();
  await newcomer?.close();
});

interface Live {
  readonly metadata: {
    readonly uid: string;
    readonly name: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec: { readonly volumeName: string; readonly persistentVolumeReclaimPolicy?: string };
}

async function get<Value = Live>(path: string): Promise<Value> {
  return (await newcomer.plane.request('GET', path)).body as Value;
}

async function names(path: string): Promise<readonly string[]> {
  return (await itemsOf<Live>(newcomer.plane, path)).map(({ metadata }) => metadata.name).sort();
}

function pod(): FakePod | undefined {
  return newcomer.kubelet.pods.get(POD);
}

/** Something on the volume that no node writes. */
function mark(text: string): void {
  writeFileSync(join(pod()?.data ?? '', 'marker'), text);
}

function markNow(): string {
  return readFileSync(join(pod()?.data ?? '', 'marker'), 'utf8');
}

const finalNow = (): Promise<number> => finalIn(pod());

const inStep = (): Promise<void> => untilFit(newcomer, POD);

async function backup(): Promise<string> {
  await inStep();
  const made = await bench.ends(0, 'backup', 'run', '--json');
  return (JSON.parse(made.stdout.trim().split('\n').at(-1) ?? '') as { id: string }).id;
}

/**
 * Nothing but the node and its volume is there, nobody holds anything, and the next plan has nothing to say.
 */
async function isTidy(): Promise<void> {
  const { volumeName } = (await get(CLAIM_PATH)).spec;
  await waitFor(
    'only the volume of the node is there',
    async () => (await names('/api/v1/persistentvolumes')).join() === volumeName,
    WAIT,
  );
  assert.deepEqual(readdirSync(join(newcomer.folder, 'volumes')), [volumeName]);
  assert.deepEqual(await names('/api/v1/namespaces/deep/persistentvolumeclaims'), [CLAIM]);
  assert.deepEqual(await names('/api/v1/namespaces/deep/pods'), [`${NODE}-0`]);
  const volume = await get(`/api/v1/persistentvolumes/${volumeName}`);
  assert.equal(volume.spec.persistentVolumeReclaimPolicy, 'Delete');
  assert.equal(volume.metadata.labels?.['watchbill/kept-of'], undefined);
  for (const { metadata } of await itemsOf<Live>(newcomer.plane, `${SNAPSHOTS}/volumesnapshots`))
    assert.deepEqual(
      Object.keys(metadata.annotations ?? {}).filter((key) => /^(restore|drill)\./.test(key)),
      [],
    );
  const plan = await bench.plan();
  assert.equal(plan.code, 0, JSON.stringify(plan.plan.steps));
}

interface Ending {
  readonly metadata: { readonly deletionTimestamp?: string };
}

test('a node is away while its volume is snapshotted, and no longer; one whose snapshot fails is back', async () => {
  const { plane, volumes } = newcomer;
  await inStep();
  const pods: boolean[] = [];
  volumes.onCopy = async () => void pods.push(pod() !== undefined);
  try {
    // A pod that does not go: nothing is taken of its volume until it has.
    const path = `/api/v1/namespaces/deep/pods/${NODE}-0`;
    const hold = (finalizers: readonly string[]) => mergePatch(plane, path, { metadata: { finalizers } });
    await hold(['example.org/hold']);
    const running = bench.run('backup', 'run', '--json');
    const ending = async () => (await get<Ending>(path)).metadata.deletionTimestamp !== undefined;
    await waitFor('the pod is told to go', ending, WAIT);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    assert.deepEqual(pods, [], 'no snapshot while the pod is there');
    await hold([]);
    const made = await running;
    assert.equal(made.code, 0, made.stdout + made.stderr);
    assert.deepEqual(pods, [false], 'the node was gone when its volume was taken');

    volumes.snapshotError = 'the disk is on fire';
    await inStep();
    const failed = await bench.ends(1, 'backup', 'run');
    assert.match(failed.stderr, /the disk is on fire/);
    volumes.snapshotError = null;
    await bench.ends(0, 'backup', 'prune', '--keep-last', '1', '--apply');
    assert.match((await bench.run('backup', 'verify')).stdout, /its 1 snapshot can be used/);
    await isTidy();
  } finally {
    volumes.onCopy = async () => undefined;
    volumes.snapshotError = null;
  }
});

let first: string;
/** The last final block that the first backup has. */
let firstFinal: number;

test('a snapshot is drilled in a pod of its own without keys and peers, and nothing of it stays', async () => {
  mark('first');
  first = await backup();
  const verified = await bench.run('backup', 'verify');
  assert.match(verified.stdout, /its 1 snapshot can be used/, verified.stderr);

  let drilled: FakePod | undefined;
  const watch = setInterval(() => {
    drilled ??= newcomer.kubelet.pods.get(`deep/${NODE}-drill`);
  }, 20);
  const done = await bench.run('backup', 'drill', '--json');
  clearInterval(watch);
  assert.equal(done.code, 0, done.stdout + done.stderr);
  const said = JSON.parse(done.stdout) as { id: string; peers: number; finalised: { number: number } };
  assert.deepEqual([said.id, said.peers], [first, 0]);
  firstFinal = said.finalised.number;
  assert.ok(drilled !== undefined && !drilled.args.some((one) => one.startsWith('--node-key')), 'no key');
  await isTidy();
});

test('a restore makes the claim anew of the snapshot, and the old volume goes when the node is up on it', async () => {
  mark('later');
  const old = await get(CLAIM_PATH);
  await waitFor('the node is ahead of its backup', async () => (await finalNow()) > firstFinal, WAIT);
  const behind = await bench.ends(3, 'backup', 'restore');
  assert.match(behind.stderr, /would go back[\s\S]*--older/);
  assert.equal((await get(CLAIM_PATH)).metadata.uid, old.metadata.uid, 'nothing was touched');

  await bench.ends(0, 'backup', 'restore', '--older', '--json');
  const now = await get(CLAIM_PATH);
  assert.notEqual(now.metadata.uid, old.metadata.uid);
  assert.deepEqual(now.metadata.labels, old.metadata.labels);
  assert.equal(markNow(), 'first', 'what the snapshot had');
  await inStep();
  await isTidy();
});

test('where the node does not come up on the new volume, it gets its old one back', async () => {
  mark('good');
  const old = await get(CLAIM_PATH);
  const { volumes, chain } = newcomer;
  volumes.losesData = true;
  // With a peer, a node without data may be as far as its backup before it is asked for the first time.
  chain.node('alice').pause();
  const done = await bench.run('backup', 'restore', '--older').finally(() => {
    chain.node('alice').resume();
    volumes.losesData = false;
  });
  assert.equal(done.code, 1, done.stdout + done.stderr);
  assert.match(
    done.stderr,
    /did not start on backup[\s\S]*at its first answer[\s\S]*runs on its old database again/,
  );
  assert.equal((await get(CLAIM_PATH)).spec.volumeName, old.spec.volumeName);
  assert.equal(markNow(), 'good');
  await inStep();
  await isTidy();
});

test('a restore that is killed when the claim is gone goes on; its snapshot is not pruned meanwhile, and is afterwards', async () => {
  const second = await backup();
  mark('third');
  const old = (await get(CLAIM_PATH)).metadata.uid;
  const args = ['backup', 'restore', '--older', '--backup', first];
  await killedWhen(bench.folder, newcomer.plane.kubeconfigFile, args, async () => {
    const { metadata } = await get<Partial<Live>>(CLAIM_PATH);
    return metadata?.uid !== old;
  });
  const pruned = await bench.run('backup', 'prune', '--keep-last', '1', '--apply');
  assert.match(pruned.stdout, new RegExp(`stays +${first}: a restore onto ${NODE} needs it`), pruned.stderr);

  const other = await bench.run('backup', 'restore', '--older', '--backup', second);
  assert.match(other.stderr, /is not finished/);
  await bench.ends(0, 'backup', 'restore', '--older');
  assert.equal(markNow(), 'first');
  await isTidy();

  const again = await bench.run('backup', 'prune', '--keep-last', '1', '--apply');
  assert.match(again.stdout, new RegExp(`removed +${first}`), again.stderr);
  await waitFor(
    'the snapshot, its content and its data are gone',
    async () =>
      (await names(`${SNAPSHOTS}/volumesnapshots`)).length === 1 &&
      (await names(`${SNAPSHOTS}/volumesnapshotcontents`)).length === 1 &&
      readdirSync(join(newcomer.folder, 'snapshots')).length === 1,
    WAIT,
  );
});

test('a drill that is killed is taken away by the next one', async () => {
  const drill = `/api/v1/namespaces/deep/pods/${NODE}-drill`;
  await killedWhen(
    bench.folder,
    newcomer.plane.kubeconfigFile,
    ['backup', 'drill'],
    async () => (await newcomer.plane.request('GET', drill)).status === 200,
  );
  const left = (await get(drill)).metadata.uid;
  const done = await bench.run('backup', 'drill');
  assert.equal(done.code, 0, done.stdout + done.stderr);
  assert.notEqual(left, undefined);
  await isTidy();
});

interface RoleText {
  readonly kind: 'Role' | 'ClusterRole';
  readonly metadata: { readonly name: string };
}

/** The roles that the page tells people to give, given to a user. */
async function giveRolesOfThePage(user: string, kind: RoleText['kind']): Promise<void> {
  const { plane } = newcomer;
  const page = readFileSync(new URL('../../../../docs/fleet/how-to/back-up.md', import.meta.url), 'utf8');
  const [, text = ''] = /```yaml\n# roles.yaml\n(apiVersion: rbac[^`]+)```/.exec(page) ?? [];
  const roles = parseAllDocuments(text.replaceAll('NAMESPACE', 'deep')).map((one) => one.toJS() as RoleText);
  const role = roles.find((one) => one.kind === kind);
  assert.ok(role !== undefined, text);
  const base = `/apis/rbac.authorization.k8s.io/v1${kind === 'Role' ? '/namespaces/deep' : ''}`;
  const plural = kind === 'Role' ? 'role' : 'clusterrole';
  const made = await plane.request('POST', `${base}/${plural}s`, role);
  assert.equal(made.status, 201, JSON.stringify(made.body));
  const apiGroup = 'rbac.authorization.k8s.io';
  const bound = await plane.request('POST', `${base}/${plural}bindings`, {
    metadata: { name: user },
    subjects: [{ kind: 'User', name: user, apiGroup }],
    roleRef: { kind, name: role.metadata.name, apiGroup },
  });
  assert.equal(bound.status, 201, JSON.stringify(bound.body));
}

test('rights that are missing are named before anything is touched; those of the page are enough', async () => {
  const { plane } = newcomer;
  const kubeconfig = plane.kubeconfigOf('keeper');
  const run = (...args: readonly string[]) =>
    runIn(bench.folder, ['fleet', 'backup', ...args, '--kubeconfig', kubeconfig]);
  await giveRolesOfThePage('keeper', 'Role');
  const before = (await get(CLAIM_PATH)).metadata.uid;
  const sets = { namespace: 'deep', group: 'apps', resource: 'statefulsets', verb: 'patch' };
  await untilAllowed(plane, 'keeper', sets);
  const refused = await run('restore', '--older');
  assert.equal(refused.code, 1, refused.stderr);
  assert.match(
    refused.stderr,
    /get persistentvolumes \(of the cluster\).*patch persistentvolumes \(of the cluster\)/,
  );
  assert.doesNotMatch(refused.stderr, /statefulsets|pods/);
  assert.equal((await get(CLAIM_PATH)).metadata.uid, before);

  await giveRolesOfThePage('keeper', 'ClusterRole');
  await untilAllowed(plane, 'keeper', { resource: 'persistentvolumes', verb: 'patch' });
  for (const args of [['run'], ['drill'], ['restore', '--older'], ['prune', '--keep-last', '1', '--apply']]) {
    await inStep();
    const done = await run(...args);
    assert.equal(done.code, 0, `${args.join(' ')}: ${done.stdout}${done.stderr}`);
  }
  await isTidy();
});
