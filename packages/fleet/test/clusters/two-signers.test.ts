import assert from 'node:assert/strict';
import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type MemoryLine, readMemory } from '@watchbill/fleet/run/apply';
import { field, fields } from '@watchbill/kit/testing';
import { waitFor } from '@watchbill/testkit';
import { type Bench, benchOn, image, imagesOf, makeBench, standInCluster } from './cli-ground.ts';
import { makeNamespace, makeSecret, mergePatch } from './ground.ts';

const WAIT = { timeoutMs: 120_000 };

const { plane } = await standInCluster();

const withBench = benchOn(plane.kubeconfigFile);

const SIGNING = ['--allow-signing', '--gate-timeout', '180'];

/** A network of one signer, with keys of a set of its own. */
function fileOf(name: string, cluster: string, namespace: string, pool = 'v', set = 'one'): string {
  return `format: watchbill/network/1
name: ${name}
chain: {name: westend}
clusters: {${cluster}: {namespace: ${namespace}}}
defaults:
  software: {image: '${image('node')}', command: polkadot, sdk: stable2509}
pools:
  ${pool}:
    role: validator
    keys: {session: {source: secret, secret: 'keys-{node}', set: ${name}-${set}, types: {babe: sr25519}}}
`;
}

/** A namespace with the Secrets of these nodes. */
async function namespaceWith(namespace: string, ...nodes: readonly string[]): Promise<void> {
  await makeNamespace(plane, namespace);
  const babe = `//seed of ${namespace.split('-')[0]}`;
  for (const one of nodes) await makeSecret(plane, namespace, `keys-${one}`, { babe });
}

const stepsOf = ({ plan }: Awaited<ReturnType<Bench['plan']>>) =>
  plan.steps.filter(({ resourceId }) => resourceId.includes('/StatefulSet/'));

test('a place that was taken out of the file, or has another namespace now, is emptied before its keys are used elsewhere', () =>
  withBench(async (bench) => {
    await namespaceWith('out-one', 'v-north-0');
    await namespaceWith('out-two', 'v-south-0');
    await namespaceWith('out-three', 'v-south-0');
    bench.write(fileOf('out', 'north', 'out-one'));
    const first = await bench.run('plan');
    assert.equal(first.code, 3, 'the memory does not know where it ran before');
    assert.match(first.stdout, /nor a place records where this network had signers[\s\S]*--first-time/);
    assert.match(first.stdout, /has no record of network out/);
    await bench.settle(...SIGNING);
    for (const [namespace, past, now] of [
      ['out-two', 'north/StatefulSet/out-one/v-north-0', 'south/StatefulSet/out-two/v-south-0'],
      ['out-three', 'south-before/StatefulSet/out-two/v-south-0', 'south/StatefulSet/out-three/v-south-0'],
    ] as const) {
      bench.write(fileOf('out', 'south', namespace));
      const made = await bench.plan();
      assert.deepEqual(made.plan.problems, []);
      const [stop, start] = stepsOf(made);
      assert.deepEqual([stop?.id, stop?.gate, start?.id], [`delete ${past}`, 'gone', `create ${now}`]);
      assert.ok(start?.needs.includes(stop?.id ?? ''));
      const text = await bench.run('plan');
      assert.match(text.stdout, /is not in the file any more; the objects of the network there are removed/);
      assert.doesNotMatch(text.stdout, /has no record of network/);
      await bench.ends(0, 'apply', made.plan.id, ...SIGNING);
    }
    assert.deepEqual(await imagesOf(plane, 'out-one'), {});
    assert.deepEqual(await imagesOf(plane, 'out-two'), {});
    const file = join(bench.folder, '.watchbill-fleet/memory/out.jsonl');
    const read = readMemory(readFileSync(file, 'utf8'), 'out');
    assert.ok(read.ok);
    assert.deepEqual(
      read.memory.places.map(({ place }) => [place.name, place.target === 'kubernetes' && place.namespace]),
      [['south', 'out-three']],
      'what is empty is forgotten',
    );
    const quiet = await bench.ends(0, 'plan');
    assert.doesNotMatch(quiet.stdout, /Note:/);
    // The context of then leads to another cluster now.
    const lost = { target: 'kubernetes', name: 'lost', context: null, namespace: 'out-one' } as const;
    const line: MemoryLine = { what: 'has', id: 'lost', place: lost, identity: 'another cluster' };
    appendFileSync(file, `${JSON.stringify(line)}\n`);
    const unseen = await bench.ends(5, 'plan');
    assert.match(unseen.stdout, /answers there, and the place was[\s\S]*--forget-place lost/);
    const forgotten = await bench.ends(0, 'plan', '--forget-place', 'lost');
    assert.match(forgotten.stderr, /WARNING: lost/);
    await bench.ends(0, 'plan');
  }));

test('of two plans that were made from one state the second one is refused', () =>
  withBench(async (bench) => {
    await namespaceWith('pair', 'alpha-main-0', 'beta-main-0');
    bench.write(fileOf('pair', 'main', 'pair', 'alpha'));
    const alpha = await bench.plan();
    bench.write(fileOf('pair', 'main', 'pair', 'beta'));
    const beta = await bench.plan();
    assert.deepEqual([...alpha.plan.problems, ...beta.plan.problems], []);
    assert.equal((await bench.apply(alpha.plan, ...SIGNING)).code, 0);
    const refused = await bench.ends(3, 'apply', beta.plan.id, ...SIGNING);
    assert.match(refused.stderr, /another plan was begun after this one was made[\s\S]*plan again/);
    // From another folder, which takes the memory over from the place.
    const elsewhere = makeBench(plane.kubeconfigFile);
    try {
      elsewhere.write(fileOf('pair', 'main', 'pair', 'beta'));
      const claimed = await elsewhere.plan();
      assert.deepEqual(claimed.plan.problems.map(field('code')), ['not-first-time']);
      const there = await elsewhere.plan();
      assert.deepEqual(stepsOf(there).map(field('action')), ['delete', 'create']);
      bench.write(fileOf('pair', 'main', 'pair', 'alpha', 'two'));
      await bench.settle(...SIGNING);
      const late = await elsewhere.ends(3, 'apply', there.plan.id, ...SIGNING);
      assert.match(late.stderr, /another plan was begun after this one was made/);
    } finally {
      elsewhere.close();
    }
    assert.deepEqual(Object.keys(await imagesOf(plane, 'pair')), ['alpha-main-0-0']);
  }));

test('a pod that still ends, and one that has the keys of before, keep others from those keys', () =>
  withBench(async (bench) => {
    await namespaceWith('ending', 'alpha-main-0', 'beta-main-0');
    bench.write(fileOf('ending', 'main', 'ending', 'alpha'));
    await bench.settle(...SIGNING);
    const pod = '/api/v1/namespaces/ending/pods/alpha-main-0-0';
    const hold = (finalizers: readonly string[]) => mergePatch(plane, pod, { metadata: { finalizers } });
    assert.equal((await hold(['watchbill.test/held'])).status, 200);
    // A run that is told to stop after it removed the set: its pod is still there.
    bench.write(fileOf('ending', 'main', 'ending', 'beta'));
    const { plan } = await bench.plan();
    const waitsFor = /waiting .*: still there: alpha-main-0-0/;
    const stopped = await bench.waitOut(waitsFor, 'apply', plan.id, ...SIGNING);
    assert.equal(stopped.code, 1, stopped.stdout + stopped.stderr);
    assert.match(stopped.stdout, /gate-timeout\): still there: alpha-main-0-0/);
    const unfinished = await bench.plan();
    assert.equal(unfinished.code, 3);
    assert.deepEqual(unfinished.plan.problems.map(field('code')), ['unfinished', 'two-signers']);
    const abandoned = await bench.plan('--abandon', plan.id.slice(0, 12));
    assert.equal(abandoned.code, 3);
    assert.match(abandoned.stderr, /WARNING: plan [0-9a-f]{12} is abandoned/);
    assert.deepEqual(abandoned.plan.problems.map(fields('code', 'what')), [
      ['two-signers', 'main/Pod/ending/alpha-main-0-0 has its keys, and may still sign when it starts'],
    ]);
    assert.equal((await bench.apply(plan, ...SIGNING)).code, 3);
    await hold([]);
    await waitFor('the pod is gone', async () => (await plane.request('GET', pod)).status === 404, WAIT);
    await bench.settle(...SIGNING);
    assert.deepEqual(Object.keys(await imagesOf(plane, 'ending')), ['beta-main-0-0']);
  }));

test('a Secret that was changed under its pod leaves the keys of the pod unknown, until the pod is made anew', () =>
  withBench(async (bench) => {
    await namespaceWith('swapped');
    for (const name of ['alpha', 'beta'])
      await makeSecret(plane, 'swapped', `keys-${name}-main-0`, { babe: `//${name}` });
    const two = fileOf('swapped', 'main', 'swapped', 'alpha').replace(', set: swapped-one', '');
    bench.write(two);
    await bench.settle(...SIGNING);
    const beta = two.slice(two.indexOf('  alpha:')).replace('alpha', 'beta');
    bench.write(`${two}${beta}`);
    const known = await bench.plan();
    assert.deepEqual(known.plan.problems, [], 'control: the Secret is that of the pod');

    const pod = '/api/v1/namespaces/swapped/pods/alpha-main-0-0';
    type Made = { metadata: { uid: string; creationTimestamp: string } };
    const { metadata: before } = (await plane.request('GET', pod)).body as Made;
    // Times of the API server have whole seconds.
    const later = () => Date.now() >= Date.parse(before.creationTimestamp) + 1_000;
    await waitFor('the second of the pod is over', async () => later(), WAIT);
    const secret = '/api/v1/namespaces/swapped/secrets/keys-alpha-main-0';
    const changed = await mergePatch(plane, secret, { stringData: { babe: '//gamma' } });
    assert.equal(changed.status, 200, JSON.stringify(changed.body));
    const unknown = await bench.plan();
    assert.equal(unknown.code, 3);
    assert.match(
      unknown.plan.problems.map(({ code, what }) => `${code} ${what}`).join('\n'),
      /^two-signers .*the public keys of main\/\S*alpha-main-0\S* are not known/m,
    );
    assert.deepEqual((await bench.plan('--different-keys')).plan.problems, []);
    assert.equal((await plane.request('DELETE', pod)).status, 200);
    const isNew = async () => {
      const { status, body } = await plane.request('GET', pod);
      return status === 200 && (body as Made).metadata.uid !== before.uid;
    };
    await waitFor('the pod is made anew', isNew, WAIT);
    assert.deepEqual((await bench.plan()).plan.problems, []);
  }));

const statusOf = async (path: string, object: object): Promise<number> =>
  (await plane.request('POST', path, object)).status;
const APPS = (namespace: string, plural = 'statefulsets') =>
  `/apis/apps/v1/namespaces/${namespace}/${plural}`;

/** A workload as the chart of Parity makes it, with the seeds of a Secret. */
function chartOf(name: string, secret: string, kind = 'StatefulSet') {
  const labels = { app: name };
  const mounts = [{ name: 'k', mountPath: '/k' }];
  const hard = { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } };
  const node = { image: image('node'), command: ['polkadot'], args: ['--validator'], securityContext: hard };
  const spec = {
    securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: 'RuntimeDefault' } },
    initContainers: [{ ...node, name: 'inject', args: ['key', 'insert'], volumeMounts: mounts }],
    containers: [{ ...node, name: 'polkadot' }],
    volumes: [{ name: 'k', secret: { secretName: secret } }],
  };
  return {
    ...{ apiVersion: 'apps/v1', kind, metadata: { name, labels: { 'helm.sh/chart': 'node-5.17.0' } } },
    spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
  };
}

/** What a plan says, with every claim that a person can make. */
async function refusalOf(bench: Bench): Promise<string> {
  const { plan, code } = await bench.plan('--different-keys');
  assert.equal(code, 3, JSON.stringify(plan.steps.map(({ id }) => id)));
  return plan.problems.map(({ code: what, what: text }) => `${what} ${text}`).join('\n');
}

test('a workload of another tool that reaches the Secret refuses the plan, and the policy refuses the workload', () =>
  withBench(async (bench) => {
    await namespaceWith('helm', 'v-main-0');
    const file = fileOf('helm', 'main', 'helm');
    bench.write(file);
    assert.equal(await statusOf(APPS('helm'), chartOf('theirs', 'keys-v-main-0')), 201, 'control');
    await waitFor('their pod is there', async () => 'theirs-0' in (await imagesOf(plane, 'helm')), WAIT);
    const said = await refusalOf(bench);
    for (const id of ['StatefulSet/helm/theirs', 'Pod/helm/theirs-0'])
      assert.match(said, new RegExp(`two-signers main/${id} of no network of watchbill has its keys`));
    assert.equal((await plane.request('DELETE', `${APPS('helm')}/theirs`)).status, 200);
    await waitFor('their pod is gone', async () => !('theirs-0' in (await imagesOf(plane, 'helm'))), WAIT);

    bench.write(file.replace('{namespace: helm}', '{namespace: helm, admissionPolicy: true}'));
    await bench.settle(...SIGNING);
    const pods = '/api/v1/namespaces/helm/pods';
    const { spec } = chartOf('theirs', 'keys-v-main-0').spec.template;
    const tries = [
      ...(['StatefulSet', 'Deployment'] as const).map((kind) => [
        APPS('helm', `${kind.toLowerCase()}s`),
        chartOf('theirs', 'keys-v-main-0', kind),
      ]),
      [pods, { metadata: { name: 'theirs' }, spec }],
      [
        pods,
        {
          metadata: { name: 'env' },
          spec: {
            ...spec,
            volumes: [],
            initContainers: [],
            containers: [{ ...spec.containers[0], envFrom: [{ secretRef: { name: 'keys-v-main-0' } }] }],
          },
        },
      ],
    ] as const;
    const refused = async () => {
      const { status, body } = await plane.request('POST', tries[0]?.[0] as string, tries[0]?.[1] as object);
      return status === 403 && JSON.stringify(body).includes('is for the pod of one signer');
    };
    await waitFor('the policy is in force', refused, WAIT);
    for (const [path, object] of tries) assert.equal(await statusOf(path as string, object as object), 403);
    const other = { ...chartOf('free', 'other-keys') };
    assert.equal(await statusOf(APPS('helm'), other), 201, 'control: another Secret');
    assert.equal((await plane.request('DELETE', `${pods}/v-main-0-0`)).status, 200);
    await waitFor(
      'the own pod is made again',
      async () => 'v-main-0-0' in (await imagesOf(plane, 'helm')),
      WAIT,
    );
  }));
