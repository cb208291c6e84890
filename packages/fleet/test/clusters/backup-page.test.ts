// Every command of docs/fleet/how-to/back-up.md#in-a-cluster, as printed: a real control plane with the real
// controllers of jobs and snapshots, and a real node. Programs in place of the kubelet and of a CSI driver
// run pods as processes on folders.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { waitFor } from '@watchbill/testkit';
import { followPage, type Substitution } from '@watchbill/testkit/pages/follow';
import { pageText, stepsOf } from '@watchbill/testkit/pages/page-run';
import { DEVNODE, stamp } from '@watchbill/testkit/pages/stamp';
import { type Machine, machine } from '@watchbill/testkit/pages/world';
import { NODE_FLAGS } from '../nodes/ground.ts';
import { image, writeChain } from './cli-ground.ts';
import { fakePrometheus } from './fake-prometheus.ts';
import { itemsOf, kubernetesOf, makeNamespace, makeSecret } from './ground.ts';
import { jobRunner } from './job-pod.ts';
import { type Newcomer, startNewcomer, untilFit } from './newcomer-ground.ts';

const PAGE = 'docs/fleet/how-to/back-up.md#in-a-cluster';
const TITLE = 'In a cluster';
const NETWORK = 'harbour';
const POD = `${NETWORK}/backup-main-0-0`;
const NAMESPACE: Substitution = ['NAMESPACE', NETWORK, 'the namespace of the test'];
const TIMEOUT_MS = 400_000;
const VARIES = [
  [/\d{8}T\d{6}Z-\d+/g, 'BACKUP'],
  [/\b(block|best|in the backup:) \d+/g, '$1 N'],
] as const;

/** No volume is full. */
const prometheus = await fakePrometheus(NETWORK);
const left = new Set(stepsOf(PAGE).map(({ heading }) => heading));
let newcomer: Newcomer;
let reader: Machine;

before(async () => {
  const plain = await machine('backup-page', {});
  newcomer = await startNewcomer('watchbill/job');
  const { plane } = newcomer;
  reader = { ...plain, env: { ...plain.env, KUBECONFIG: plane.kubeconfigFile } };
  await makeNamespace(plane, NETWORK);
  await makeSecret(plane, NETWORK, 'p2p', { key: 'ab'.repeat(32) });
  writeNetwork();
  await reader.shell(
    `export KUBECONFIG='${plane.kubeconfigFile}'; watchbill fleet plan --first-time > plan.txt || [ $? = 6 ]
watchbill fleet apply "$(basename "$(ls .watchbill-fleet/plans)" .json)" --gate-timeout 240`,
    TIMEOUT_MS,
  );
  await newcomer.chain.node('alice').untilFinalised(3);
  await untilFit(newcomer, POD);
});
after(() => newcomer?.close());

/** A node for backups, and the jobs that the page shows. */
function writeNetwork(): void {
  const page = pageText(PAGE);
  const shown = /^```yaml\n(jobs:\n[\s\S]*?)^```$/m.exec(page)?.[1] ?? assert.fail('the page has jobs');
  const jobs = shown
    .replace(/registry\.example\.org\/\S+/, image('watchbill'))
    .replace('http://prometheus.monitoring:9090', prometheus);
  writeFileSync(
    join(reader.folder, 'network.yaml'),
    `format: watchbill/network/1
name: ${NETWORK}
chain: ${writeChain(reader.folder, readFileSync(newcomer.specFile, 'utf8'))}
clusters: {main: {}}
backup: {volumeSnapshotClass: folders, keep: {last: 1}}
defaults:
  software: {image: "${image('node')}", command: watchbill-devnode, sdk: stable2606}
  customFlags: ${JSON.stringify(NODE_FLAGS)}
pools:
  backup:
    role: backup
    keys: {node: {source: secret, secret: p2p}}
    storage: {chainGiB: 1, grow: {atUsedPercent: 80, byPercent: 100, maxGiB: 4}}
${jobs}`,
  );
}

async function follow(heading: string, table: readonly Substitution[] = []): Promise<string> {
  left.delete(heading);
  const options = { only: [heading], table, varies: VARIES, timeoutMs: TIMEOUT_MS };
  return (await followPage(reader, PAGE, options)).join('');
}

const SNAPSHOTS = `/apis/snapshot.storage.k8s.io/v1/namespaces/${NETWORK}/volumesnapshots`;
const snapshots = async (): Promise<number> => (await itemsOf(newcomer.plane, SNAPSHOTS)).length;

/** The file keeps one backup. The API removes an object only once no finalizer holds it. */
const oneSnapshot = (): Promise<true> =>
  waitFor('one snapshot is left', async () => (await snapshots()) === 1, { timeoutMs: 60_000, everyMs: 250 });

test('the roles of the page are taken, and a person makes a backup', async () => {
  await follow('Rights', [NAMESPACE]);
  await follow(TITLE);
  assert.equal(await snapshots(), 1);
});

test('the jobs are rendered and applied, and one of them runs now', async () => {
  await follow('On a schedule', [NAMESPACE]);
  const jobs = jobRunner(newcomer.plane, NETWORK, newcomer.folder);
  await untilFit(newcomer, POD);
  const done = await jobs.run(await jobs.pod('backup-backup-main-0'));
  assert.equal(done.code, 0, done.out);
  await oneSnapshot();
});

test('a backup is checked, restored and pruned', async () => {
  await follow('Check a backup');
  await follow('Restore');
  await follow('Remove old backups');
  await oneSnapshot();
  assert.deepEqual([...left], [], 'these tests run every command of the page');
  stamp(PAGE, `${await kubernetesOf(newcomer.plane)}, ${DEVNODE}`);
});
