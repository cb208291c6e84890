// Restores and drills from snapshots of volumes: a real API server, the real controller of snapshots, real
// nodes. In place of the CSI driver volumes are folders that are copied; in place of the kubelet a program
// runs the pods as processes on them.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type NodeNetwork, startNodeNetwork, waitFor } from '@watchbill/testkit';
import { type ControlPlane, startControlPlane } from '@watchbill/testkit/kubernetes';
import { nodeBinary, specFile } from '@watchbill/testkit/scenario';
import { parseAllDocuments } from 'yaml';
import { type Bench, image, makeBench, runIn } from './cli-ground.ts';
import { type FakeKubelet, fakeKubelet } from './fake-kubelet.ts';
import { askPod, type FakePod, finalIn } from './fake-pod.ts';
import { type FakeVolumes, fakeVolumes } from './fake-volumes.ts';
import { untilAllowed } from './ground.ts';
import { killedWhen } from './killed-command.ts';
import { type SnapshotController, startSnapshotController } from './snapshot-controller.ts';

const WAIT = { timeoutMs: 120_000, everyMs: 100 };
const NODE = 'backup-east-0';
const CLAIM = `data-${NODE}-0`;
const CLAIM_PATH = `/api/v1/namespaces/deep/persistentvolumeclaims/${CLAIM}`;
const SNAPSHOTS = '/apis/snapshot.storage.k8s.io/v1';
const WASM_CACHE = `--wasm-cache=${join(homedir(), '.cache', 'watchbill', 'wasm')}`;
const QUICK = '--gossip-duration-ms=200';

let folder: string;
let chain: NodeNetwork;
let plane: ControlPlane;
let controller: SnapshotController;
let volumes: FakeVolumes;
let kubelet: FakeKubelet;
let bench: Bench;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'watchbill-volumes-'));
  const program = nodeBinary();
  const spec = specFile('1', folder);
  const nodes = [{ name: 'alice', keys: [{ suri: '//Alice' }], args: [QUICK] }];
  // One after the other: what stands is closed also where the next does not come up.
  chain = await startNodeNetwork({ binary: program, spec, nodes, folder: join(folder, 'chain') });
  plane = await startControlPlane({ nodeCount: 0 });
  controller = await startSnapshotController(plane);
  volumes = await fakeVolumes(plane, folder);
  kubelet = await fakeKubelet(plane, { folder, program, volume: volumes.volume });
  bench = makeBench(plane.kubeconfigFile);
  await writeNetwork(spec);
  await plane.request('POST', '/api/v1/namespaces', { metadata: { name: 'deep' } });
  await plane.request('POST', '/api/v1/namespaces/deep/secrets', {
    metadata: { name: 'p2p' },
    stringData: { key: 'ab'.repeat(32) },
  });
  await bench.settle('--gate-timeout', '180');
  await chain.node('alice').untilFinalised(3);
});

after(async () => {
  await kubelet?.close();
  await volumes?.close();
  await controller?.close();
  await plane?.close();
  await chain?.close();
  bench?.close();
  rmSync(folder, { recursive: true, force: true });
});

/**
 * The specification names the validator as its boot node, so a drill would find a peer if it looked for one.
 */
async function writeNetwork(specPath: string): Promise<void> {
  const own = await chain.node('alice').rpc.call<string[]>('system_localListenAddresses');
  const address = own.find((one) => one.startsWith('/ip4/127.0.0.1/tcp/'));
  assert.ok(address !== undefined, own.join());
  const text = JSON.stringify({
    ...(JSON.parse(readFileSync(specPath, 'utf8')) as object),
    bootNodes: [address],
  });
  writeFileSync(join(bench.folder, 'chain.json'), text);
  bench.write(`format: watchbill/network/1
name: deep
chain: {spec: {file: chain.json, sha256: ${createHash('sha256').update(text).digest('hex')}}}
clusters: {east: {}}
backup: {volumeSnapshotClass: folders}
defaults:
  software: {image: "${image('node')}", command: watchbill-devnode, sdk: stable2606}
  customFlags: ["${WASM_CACHE}", "${QUICK}"]
pools:
  backup:
    role: backup
    keys: {node: {source: secret, secret: p2p}}
    storage: {chainGiB: 1, class: folders}
`);
}

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
  return (await plane.request('GET', path)).body as Value;
}

async function names(path: string): Promise<readonly string[]> {
  const { items } = await get<{ readonly items: readonly Live[] }>(path);
  return items.map(({ metadata }) => metadata.name).sort();
}

function pod(): FakePod | undefined {
  return kubelet.pods.get(`deep/${NODE}-0`);
}

/** Something on the volume that no node writes. */
function mark(text: string): void {
  writeFileSync(join(pod()?.data ?? '', 'marker'), text);
}

function markNow(): string {
  return readFileSync(join(pod()?.data ?? '', 'marker'), 'utf8');
}

const finalNow = (): Promise<number> => finalIn(pod());

async function inStep(): Promise<void> {
  await waitFor(
    'the node is in step',
    async () => {
      const { peers, isSyncing } = await askPod<{ peers: number; isSyncing: boolean }>(
        pod(),
        'system_health',
      );
      const head = await askPod<{ number: string }>(pod(), 'chain_getHeader');
      return peers > 0 && !isSyncing && Number(head.number) > 3 && (await finalNow()) > 0;
    },
    {
      ...WAIT,
      detail: () => (pod() === undefined ? '' : readFileSync(pod()?.logFile ?? '', 'utf8').slice(-2000)),
    },
  );
}

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
  assert.deepEqual(readdirSync(join(folder, 'volumes')), [volumeName]);
  assert.deepEqual(await names('/api/v1/namespaces/deep/persistentvolumeclaims'), [CLAIM]);
  assert.deepEqual(await names('/api/v1/namespaces/deep/pods'), [`${NODE}-0`]);
  const volume = await get(`/api/v1/persistentvolumes/${volumeName}`);
  assert.equal(volume.spec.persistentVolumeReclaimPolicy, 'Delete');
  assert.equal(volume.metadata.labels?.['watchbill/kept-of'], undefined);
  const { items } = await get<{ items: readonly Live[] }>(`${SNAPSHOTS}/volumesnapshots`);
  for (const { metadata } of items)
    assert.deepEqual(
      Object.keys(metadata.annotations ?? {}).filter((key) => /^(restore|drill)\./.test(key)),
      [],
    );
  const plan = await bench.plan();
  assert.equal(plan.code, 0, JSON.stringify(plan.plan.steps));
}

let first: string;
/** The last final block that the first backup has. */
let firstFinal: number;

test('a snapshot is drilled in a pod of its own without keys and peers, and nothing of it stays', async () => {
  mark('first');
  const busy: string[] = [];
  volumes.onCopy = async (handle) => {
    if (pod()?.running() === true) busy.push(handle);
  };
  first = await backup();
  assert.deepEqual(busy, [], 'the node was gone when its volume was copied');
  const verified = await bench.run('backup', 'verify');
  assert.match(verified.stdout, /its 1 snapshot can be used/, verified.stderr);

  let drilled: FakePod | undefined;
  const watch = setInterval(() => {
    drilled ??= kubelet.pods.get(`deep/${NODE}-drill`);
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
  await killedWhen(bench.folder, plane.kubeconfigFile, args, async () => {
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
      readdirSync(join(folder, 'snapshots')).length === 1,
    WAIT,
  );
});

test('a drill that is killed is taken away by the next one', async () => {
  const drill = `/api/v1/namespaces/deep/pods/${NODE}-drill`;
  await killedWhen(
    bench.folder,
    plane.kubeconfigFile,
    ['backup', 'drill'],
    async () => (await plane.request('GET', drill)).status === 200,
  );
  const left = (await get(drill)).metadata.uid;
  const elsewhere = makeBench(plane.kubeconfigFile);
  const done = await bench.run('backup', 'drill');
  elsewhere.close();
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
