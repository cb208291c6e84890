// The jobs of a network file: the real controllers make Jobs and pods of the rendered CronJobs, in a
// restricted namespace. Their very command lines run with the tokens of their accounts, against a real node.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { waitFor } from '@watchbill/testkit';
import { NODE_FLAGS } from '../nodes/ground.ts';
import { type Bench, image, makeBench, runIn, writeChain } from './cli-ground.ts';
import { fakePrometheus } from './fake-prometheus.ts';
import { itemsOf, makeNamespace, makeSecret } from './ground.ts';
import { type JobRunner, jobRunner } from './job-pod.ts';
import { type Newcomer, startNewcomer, untilFit } from './newcomer-ground.ts';
import { applyFile, kubeconfigOfAccount } from './rights.ts';

const WAIT = { timeoutMs: 120_000, everyMs: 200 };
const NODE = 'backup-east-0';
const POD = `deep/${NODE}-0`;
const BACKUP = `backup-${NODE}`;
const SNAPSHOTS = '/apis/snapshot.storage.k8s.io/v1/namespaces/deep/volumesnapshots';
const BATCH = '/apis/batch/v1/namespaces/deep';
const SET = `/apis/apps/v1/namespaces/deep/statefulsets/${NODE}`;

/** The volume of the node is 90 % full. */
const prometheus = await fakePrometheus('deep', new Map([[`data-${NODE}-0`, 0.9]]), 1);
let newcomer: Newcomer;
let bench: Bench;
let jobs: JobRunner;

before(async () => {
  newcomer = await startNewcomer('watchbill/job');
  const { plane, specFile, folder } = newcomer;
  bench = makeBench(plane.kubeconfigFile);
  jobs = jobRunner(plane, 'deep', folder);
  await makeNamespace(plane, 'deep', { 'pod-security.kubernetes.io/enforce': 'restricted' });
  await makeSecret(plane, 'deep', 'p2p', { key: 'ab'.repeat(32) });
  const chain: unknown = JSON.parse(writeChain(bench.folder, readFileSync(specFile, 'utf8')));
  bench.write(
    JSON.stringify({
      format: 'watchbill/network/1',
      name: 'deep',
      chain,
      clusters: { east: {} },
      backup: { volumeSnapshotClass: 'folders', keep: { last: 1 } },
      defaults: {
        software: { image: image('node'), command: 'watchbill-devnode', sdk: 'stable2606' },
        customFlags: NODE_FLAGS,
      },
      pools: {
        backup: {
          role: 'backup',
          place: 'east',
          keys: { node: { source: 'secret', secret: 'p2p' } },
          storage: { chainGiB: 1, grow: { atUsedPercent: 80, byPercent: 100, maxGiB: 4 } },
        },
      },
      jobs: {
        image: image('watchbill'),
        backup: { schedule: '0 3 1 1 *', minutes: 10 },
        growth: { schedule: '* * * * *', prometheus },
      },
    }),
  );
  await bench.settle('--gate-timeout', '240');
  await newcomer.chain.node('alice').untilFinalised(3);
  await untilFit(newcomer, POD);
});
after(async () => {
  bench?.close();
  await newcomer?.close();
});

async function get<Value>(path: string): Promise<Value> {
  return (await newcomer.plane.request('GET', path)).body as Value;
}

/** `kubectl create job --from=cronjob/NAME`. */
async function startJob(name: string): Promise<void> {
  const cron = await get<{ spec: { jobTemplate: { metadata: object; spec: object } } }>(
    `${BATCH}/cronjobs/${BACKUP}`,
  );
  const { metadata, spec } = cron.spec.jobTemplate;
  const made = await newcomer.plane.request('POST', `${BATCH}/jobs`, {
    metadata: { ...metadata, name },
    spec,
  });
  assert.equal(made.status, 201, JSON.stringify(made.body));
}

interface JobStatus {
  readonly status: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

async function untilJob(name: string, condition: 'Complete' | 'Failed'): Promise<void> {
  const isSo = async () =>
    (await get<JobStatus>(`${BATCH}/jobs/${name}`)).status.conditions?.some(
      ({ type, status }) => type === condition && status === 'True',
    ) ?? false;
  await waitFor(`the job ${name} is ${condition}`, isSo, WAIT);
}

const replicas = async () => (await get<{ spec: { replicas: number } }>(SET)).spec.replicas;
const snapshots = async () => (await itemsOf(newcomer.plane, SNAPSHOTS)).length;

test('an administrator applies what is rendered, and a plan leaves it alone', async () => {
  const rendered = await runIn(bench.folder, ['fleet', 'file', 'render', '--format', 'jobs']);
  assert.equal(rendered.code, 0, rendered.stderr);
  await applyFile(newcomer.plane, rendered.stdout);
  const { plan } = await bench.plan();
  assert.deepEqual([plan.problems, plan.steps], [[], []]);
});

test('the job makes a backup, and is complete; the next one goes on where one was killed', async () => {
  await startJob('first');
  const done = await jobs.run(await jobs.pod(BACKUP));
  assert.equal(done.code, 0, done.out);
  await untilJob('first', 'Complete');
  assert.deepEqual([await snapshots(), await replicas()], [1, 1]);

  await untilFit(newcomer, POD);
  await startJob('second');
  await jobs.killedWhen(await jobs.pod(BACKUP), async () => (await replicas()) === 0);
  assert.equal(await replicas(), 0, 'the node is down');
  // The controller makes the next pod of the job by itself.
  const again = await jobs.run(await jobs.pod(BACKUP));
  assert.equal(again.code, 0, again.out);
  await untilJob('second', 'Complete');
  assert.equal(await replicas(), 1, 'the node is up');
  // The API removes a snapshot only once no finalizer holds it.
  await waitFor('one is kept, as the file says', async () => (await snapshots()) === 1, WAIT);
});

test('the account of a backup reads no Secret, and changes nothing of the set but its replicas', async () => {
  const { plane } = newcomer;
  const kubeconfig = await kubeconfigOfAccount(plane, 'deep', `watchbill-${BACKUP}`);
  const { users } = JSON.parse(readFileSync(kubeconfig, 'utf8')) as { users: { user: { token: string } }[] };
  const token = users[0]?.user.token ?? '';
  const as = requestsAs(plane.url, readFileSync(join(plane.folder, 'pki/authority.pem')), token);
  assert.equal((await as('GET', '/api/v1/namespaces/deep/secrets/p2p')).status, 403);
  assert.equal((await as('GET', '/api/v1/namespaces/deep/secrets')).status, 403);
  const set = await as('GET', SET);
  assert.equal(set.status, 200);
  const { spec } = JSON.parse(set.body) as { spec: { template: { spec: { volumes: readonly object[] } } } };
  const volumes = [...spec.template.spec.volumes, { name: 'stolen', secret: { secretName: 'p2p' } }];
  const mounts = await as('PATCH', SET, { spec: { template: { spec: { volumes } } } });
  assert.equal(mounts.status, 403, mounts.body);
  assert.match(mounts.body, /may stop and start the node, and change no other part/);
  const two = await as('PATCH', SET, { spec: { replicas: 2 } });
  assert.match(two.body, /may stop and start the node/);
  const pod = { metadata: { name: 'thief' }, spec: { containers: [{ name: 'a', image: 'a' }] } };
  assert.equal((await as('POST', '/api/v1/namespaces/deep/pods', pod)).status, 403);
});

interface Answer {
  readonly status: number;
  readonly body: string;
}

/** Requests with the token of an account; changes are merge patches. */
function requestsAs(url: string, ca: Buffer, token: string) {
  return (method: string, path: string, content?: object): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
      const headers = { authorization: `Bearer ${token}`, 'content-type': type };
      const asked = request(new URL(path, url), { method, ca, headers, timeout: 15_000 }, (answer) => {
        let body = '';
        answer.on('data', (part: Buffer) => {
          body += part;
        });
        answer.once('end', () => resolve({ status: answer.statusCode ?? 0, body }));
      });
      asked.once('error', reject);
      asked.end(content === undefined ? undefined : JSON.stringify(content));
    });
}

test('the controller starts the growth by its schedule, and the volume grows', async () => {
  const pod = await jobs.pod('growth');
  const done = await jobs.run(pod);
  assert.equal(done.code, 0, done.out);
  const claim = await get<{ spec: { resources: { requests: { storage: string } } } }>(
    `/api/v1/namespaces/deep/persistentvolumeclaims/data-${NODE}-0`,
  );
  assert.equal(claim.spec.resources.requests.storage, '2Gi');
  await waitFor(
    'the CronJob notes its success',
    async () =>
      (await get<{ status: { lastSuccessfulTime?: string } }>(`${BATCH}/cronjobs/growth`)).status
        .lastSuccessfulTime !== undefined,
    WAIT,
  );
});
