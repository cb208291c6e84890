// Backups as snapshots of volumes, and volumes that grow, on a real API server: the node is away while the
// snapshot is made, and no longer; what a plan shows afterwards is nothing.

import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { waitFor } from '@watchbill/testkit';
import { followPage } from '@watchbill/testkit/pages/follow';
import { pageText } from '@watchbill/testkit/pages/page-run';
import { stamp } from '@watchbill/testkit/pages/stamp';
import { machine } from '@watchbill/testkit/pages/world';
import { type Bench, benchOn, image, standInCluster } from './cli-ground.ts';
import { fakePrometheus } from './fake-prometheus.ts';
import { DRIVER, type FakeVolumes, fakeVolumes } from './fake-volumes.ts';
import { kubernetesOf, makeSecret, mergePatch } from './ground.ts';
import { type SnapshotController, startSnapshotController } from './snapshot-controller.ts';

const WAIT = { timeoutMs: 120_000, everyMs: 100 };
const { plane } = await standInCluster();
const folder = mkdtempSync(join(tmpdir(), 'watchbill-snapshots-'));
let controller: SnapshotController;
let volumes: FakeVolumes;
before(async () => {
  controller = await startSnapshotController(plane);
  volumes = await fakeVolumes(plane, folder);
});
after(async () => {
  await volumes?.close();
  await controller?.close();
  rmSync(folder, { recursive: true, force: true });
});

const withBench = (work: (bench: Bench) => Promise<void>) => benchOn(plane.kubeconfigFile)(work);

function file(name: string, extra: string, storage: string): string {
  return `format: watchbill/network/1
name: ${name}
chain: {name: westend}
clusters: {east: {}}
${extra}defaults:
  software: {image: ${image('node')}, command: polkadot, sdk: stable2509}
pools:
  backup:
    role: backup
    keys: {node: {source: secret, secret: p2p}}
    storage: ${storage}
`;
}

async function get(path: string) {
  return (await plane.request('GET', path)).body as {
    readonly metadata: {
      readonly uid: string;
      readonly generation: number;
      readonly deletionTimestamp?: string;
    };
    readonly spec: {
      readonly replicas?: number;
      readonly resources?: { readonly requests: { readonly storage: string } };
    };
    readonly items: readonly unknown[];
  };
}

async function makeSnapshotClass(name: string): Promise<void> {
  await plane.request('POST', '/apis/snapshot.storage.k8s.io/v1/volumesnapshotclasses', {
    apiVersion: 'snapshot.storage.k8s.io/v1',
    kind: 'VolumeSnapshotClass',
    metadata: { name },
    driver: DRIVER,
    deletionPolicy: 'Retain',
  });
}

/** The final heights of all whole backups. */
async function wholeHeights(bench: Bench): Promise<readonly (number | undefined)[]> {
  const listed = JSON.parse((await bench.run('backup', 'list', '--json')).stdout) as {
    backups: readonly { id: string; state: string; finalised?: { number: number } }[];
  };
  return listed.backups.filter(({ state }) => state === 'whole').map(({ finalised }) => finalised?.number);
}

async function settled(bench: Bench, name: string): Promise<void> {
  await plane.request('POST', '/api/v1/namespaces', { metadata: { name } });
  await makeSecret(plane, name, 'p2p', { key: 'ab'.repeat(32) });
  // The namespace that a person made for its secrets is not made by the plan.
  const done = await bench.plan();
  assert.deepEqual(done.plan.problems, []);
  await bench.ends(0, 'apply', done.plan.id, '--gate-timeout', '180');
}

test('a node of a cluster is away while its volume is snapshotted, comes back, and the plan has nothing to say', () =>
  withBench(async (bench) => {
    bench.write(file('snap', 'backup: {volumeSnapshotClass: fast}\n', '{chainGiB: 100, class: folders}'));
    await settled(bench, 'snap');
    const set = '/apis/apps/v1/namespaces/snap/statefulsets/backup-east-0';
    const before = await get(set);
    const pods = async () => (await get('/api/v1/namespaces/snap/pods')).items.length;
    const podsThen: number[] = [];
    volumes.onCopy = async () => void podsThen.push(await pods());
    try {
      const refused = await bench.ends(1, 'backup', 'run');
      assert.match(refused.stderr, /VolumeSnapshotClass fast/);
      assert.equal((await get(set)).metadata.generation, before.metadata.generation, 'nothing was stopped');
      await makeSnapshotClass('fast');

      // A pod that does not go: nothing is taken of its volume until it has.
      const pod = '/api/v1/namespaces/snap/pods/backup-east-0-0';
      const hold = (finalizers: readonly string[]) => mergePatch(plane, pod, { metadata: { finalizers } });
      await hold(['example.org/hold']);
      const running = bench.run('backup', 'run', '--json');
      const ending = async () => (await get(pod)).metadata.deletionTimestamp !== undefined;
      await waitFor('the pod is told to go', ending, WAIT);
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      assert.equal(podsThen.length, 0, 'no snapshot while the pod is there');
      await hold([]);
      const made = await running;
      assert.equal(made.code, 0, made.stdout + made.stderr);
      const steps = made.stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as { kind: string; step?: string; id?: string });
      assert.deepEqual(
        steps.flatMap(({ step }) => step ?? []),
        ['preflight', 'stopped', 'copied', 'verified', 'started', 'published'],
      );
      assert.deepEqual(podsThen, [0], 'the node was gone when its volume was taken');
      assert.equal((await get(set)).metadata.uid, before.metadata.uid);
      assert.equal((await get(set)).spec.replicas, 1);
      const plan = await bench.plan();
      assert.equal(plan.code, 0, JSON.stringify(plan.plan.steps));

      // A snapshot that fails: the node is back, and there is no second backup.
      volumes.snapshotError = 'the disk is on fire';
      const failed = await bench.ends(1, 'backup', 'run');
      assert.match(failed.stderr, /the disk is on fire/);
      assert.equal((await get(set)).spec.replicas, 1);
      assert.deepEqual(await wholeHeights(bench), [98]);

      await bench.ends(0, 'backup', 'prune', '--keep-last', '1', '--apply');
      assert.match((await bench.run('backup', 'verify')).stdout, /its 1 snapshot can be used/);
    } finally {
      volumes.onCopy = async () => undefined;
      volumes.snapshotError = null;
    }
  }));

const GROWTH_PAGE = 'docs/fleet/how-to/roll-out.md#let-volumes-grow';

test('a volume grows at its used share, by the commands of the page and by the unit that it writes', () =>
  withBench(async (bench) => {
    const expansion = { allowVolumeExpansion: true };
    await mergePatch(plane, '/apis/storage.k8s.io/v1/storageclasses/kwok-volume', expansion);
    const page = pageText(GROWTH_PAGE);
    const storage = /^ {4}storage: (\{.*\})/m.exec(page)?.[1] ?? assert.fail('the page has a setting');
    bench.write(file('depot', '', storage).replaceAll('east', 'main'));
    await settled(bench, 'depot');
    copyFileSync(plane.kubeconfigFile, join(bench.folder, 'clusters.yaml'));
    const claim = 'data-backup-main-0-0';
    const url = await fakePrometheus('depot', new Map([[claim, 0.85]]));
    const reader = await machine('grow-volumes', {});
    const env = { KUBECONFIG: plane.kubeconfigFile };
    await followPage({ ...reader, folder: bench.folder }, GROWTH_PAGE, {
      table: [['http://PROMETHEUS:9090', url, 'in place of a Prometheus that reads kubelets']],
      ends: [
        ['--apply', 0],
        ['storage timer', 0],
        ['storage grow', 6],
      ],
      env,
    });
    const { spec } = await get(`/api/v1/namespaces/depot/persistentvolumeclaims/${claim}`);
    assert.equal(spec.resources?.requests.storage, '375Gi');
    // What the service runs asks the kubelets, and no kubelet of this cluster reports a volume.
    const unit = readFileSync(join(bench.folder, 'units/watchbill-growth-depot.service'), 'utf8');
    const command = /^ExecStart=(.*)$/m.exec(unit)?.[1] ?? assert.fail(unit);
    assert.match(await reader.shell(`${command} || echo "exit $?"`), /^exit 4$/m);
    stamp(GROWTH_PAGE, await kubernetesOf(plane));
  }));
