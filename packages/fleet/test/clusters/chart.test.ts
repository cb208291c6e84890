// The chart deploy/helm/watchbill: the same objects as those of the section `service`, and a release on a
// real API server, controller manager and scheduler. kwok plays the hosts: no container runs.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { readNetwork } from '@watchbill/fleet/file';
import { waitFor } from '@watchbill/testkit';
import { runSteps, stepsOf } from '@watchbill/testkit/pages/page-run';
import { stamp } from '@watchbill/testkit/pages/stamp';
import { parseAllDocuments } from 'yaml';
import { image } from './cli-ground.ts';
import { itemsOf, makeNamespace, planeOfFile } from './ground.ts';
import { helmOn, inOrder, type Rendered } from './helm.ts';

const CHART = fileURLToPath(new URL('../../../../deploy/helm/watchbill', import.meta.url));
const TIMEOUT_MS = 120_000;
const folder = mkdtempSync(join(tmpdir(), 'watchbill-chart-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const plane = await planeOfFile();
const helm = await helmOn(plane, folder);

const values = (given: object): string => {
  const file = join(folder, 'values.yaml');
  writeFileSync(file, JSON.stringify(given));
  return file;
};

const LEAST = {
  image: image('watchbill'),
  tls: 'watch-tls',
  operator: 'watch-operator',
  store: { endpoints: ['https://etcd-0.example.org:2379', 'https://etcd-1.example.org:2399'] },
};
const SECURED = { ...LEAST, store: { ...LEAST.store, tls: 'watch-etcd' } };
const FULL = {
  ...LEAST,
  imagePullSecrets: ['registry', 'mirror'],
  command: '/usr/bin/watchbill',
  port: 9450,
  store: {
    endpoints: ['https://192.0.2.5:2379', 'https://192.0.2.6:2379', 'https://[2001:db8::1]:12379'],
    ...{ prefix: '/ledger/', tls: 'watch-etcd', user: 'a user: "1"', password: 'watch-password' },
  },
  storage: { sizeGiB: 33, class: 'fast' },
  resources: { cpu: 1.255, memoryGiB: 2.7 },
  placement: {
    spread: 'prefer',
    nodeSelector: { pool: 'services' },
    tolerations: [{ key: 'dedicated', operator: 'Equal', value: 'yes', effect: 'NoSchedule' }],
    priorityClassName: 'services',
  },
};

function template(given: object, release = 'watch'): string {
  return helm.run('template', release, CHART, '--namespace', 'harbour', '--values', values(given));
}

function ofChart(given: object): readonly Rendered[] {
  const all = parseAllDocuments(template(given)).map((one) => one.toJS() as Rendered | null);
  return inOrder(all.filter((one) => one !== null));
}

/** The objects of the section `service` in a network file, and those that each network has. */
function ofNetwork(service: object, more: object = {}): readonly Rendered[] {
  const head = { format: 'watchbill/network/1', name: 'harbour', chain: { name: 'westend' } };
  const section = { name: 'watch', places: ['main'], ...service };
  const read = readNetwork(JSON.stringify({ ...head, clusters: { main: {} }, service: section, ...more }));
  assert.ok(read.ok, JSON.stringify(read));
  const own = read.graph.resources.filter(
    ({ kind, subject }) => kind !== 'Namespace' && (subject.pool === null || subject.pool === 'watch'),
  );
  return inOrder(own.map(({ body }) => JSON.parse(JSON.stringify(body)) as Rendered));
}

for (const [name, service] of Object.entries({ least: LEAST, secured: SECURED, full: FULL }))
  test(`the chart and a network file give the same objects: ${name}`, () => {
    const objects = ofChart(service);
    assert.equal(objects.length, 6);
    assert.deepEqual(objects, ofNetwork(service));
  });

test('gates may enter, as the pods of gated pools may', () => {
  const labels = { 'watchbill/network': 'harbour', 'watchbill/pool': 'validators' };
  const validators = {
    role: 'validator',
    keys: { session: { source: 'secret', secret: '{node}-keys', types: { babe: 'sr25519' } } },
    duty: { service: 'watch', secret: '{node}-duty', ca: true },
  };
  const software = { image: image('node'), command: 'polkadot', sdk: 'stable2509' };
  assert.deepEqual(
    ofChart({ ...SECURED, gates: [{ podSelector: { matchLabels: labels } }] }),
    ofNetwork(SECURED, { defaults: { software }, pools: { validators } }),
  );
});

test('every object fits the schema of the server, and helm finds no fault', () => {
  for (const given of [LEAST, FULL]) {
    assert.equal(helm.validate(template(given)), 6);
    helm.run('lint', '--strict', CHART, '--values', values(given));
  }
});

test('wrong values are refused before anything is sent', () => {
  const wrong: readonly (readonly [object, RegExp])[] = [
    [{ ...LEAST, image: 'watchbill:latest' }, /image/],
    [{ ...LEAST, replicas: 2 }, /replicas/],
    [{ ...LEAST, store: { endpoints: [] } }, /endpoints/],
    [{ ...LEAST, store: { ...LEAST.store, user: 'watchbill' } }, /password/],
    [{ ...LEAST, gates: [{}] }, /gates/],
    [{ image: LEAST.image }, /tls|operator|store/],
  ];
  for (const [given, field] of wrong) assert.throws(() => template(given), field);
  assert.throws(() => template(LEAST, 'a-name-that-is-too-long'), /at most 20/);
});

interface Pod {
  readonly metadata: { readonly name: string; readonly deletionTimestamp?: string };
  readonly spec: { readonly nodeName?: string; readonly containers: readonly { readonly image: string }[] };
  readonly status: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

async function readyPods(): Promise<readonly Pod[]> {
  const pods = await itemsOf<Pod>(plane, '/api/v1/namespaces/harbour/pods');
  return pods.filter(
    ({ metadata, status }) =>
      metadata.deletionTimestamp === undefined &&
      status.conditions?.some((one) => one.type === 'Ready' && one.status === 'True'),
  );
}

const until = (what: string, holds: () => Promise<boolean>): Promise<true> =>
  waitFor(what, holds, { timeoutMs: TIMEOUT_MS, everyMs: 50 });

/** Runs the commands of a section as the page prints them. */
async function follow(...headings: readonly string[]): Promise<string> {
  const steps = stepsOf('docs/duty/how-to/deploy-the-service.md#helm').filter(({ heading }) =>
    headings.includes(heading),
  );
  assert.ok(steps.length >= headings.length);
  const { outputs, exitCode } = await runSteps(steps, { env: helm.env, timeoutMs: TIMEOUT_MS });
  assert.equal(exitCode, 0, outputs.join(''));
  return outputs.join('');
}

test('a release runs three pods on three hosts in a restricted namespace, and prints the next steps', async () => {
  await makeNamespace(plane, 'harbour', { 'pod-security.kubernetes.io/enforce': 'restricted' });
  const notes = await follow('1. Write the values', '3. Install');
  assert.match(notes, /https:\/\/watch-2\.watch\.harbour\.svc:8450/);
  assert.match(notes, /watchbill policy apply policy\.yaml/);
  await until('three pods are ready', async () => (await readyPods()).length === 3);
  const hosts = new Set((await readyPods()).map(({ spec }) => spec.nodeName));
  assert.equal(hosts.size, 3);
});

test('an upgrade changes one pod at a time', async () => {
  await follow('Upgrade');
  const least: number[] = [];
  await until('three pods run the next image', async () => {
    const pods = await readyPods();
    least.push(pods.length);
    return pods.filter(({ spec }) => spec.containers[0]?.image.includes(':aaaaaaaaaa')).length === 3;
  });
  assert.ok(Math.min(...least) >= 2, `ready: ${least.join(' ')}`);
});

test('an uninstalled release leaves its volumes', async () => {
  await follow('Remove');
  await until(
    'no pod is left',
    async () => (await itemsOf(plane, '/api/v1/namespaces/harbour/pods')).length === 0,
  );
  const claims = await itemsOf<Pod>(plane, '/api/v1/namespaces/harbour/persistentvolumeclaims');
  assert.deepEqual(
    claims.map(({ metadata }) => metadata.name).toSorted(),
    [0, 1, 2].map((at) => `data-watch-${at}`),
  );
  stamp(
    'docs/duty/how-to/deploy-the-service.md#helm',
    `Helm ${helm.run('version', '--template', '{{.Version}}').replace('v', '')}`,
  );
});
