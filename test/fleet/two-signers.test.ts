import assert from 'node:assert/strict';
import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type MemoryLine, readMemory } from '@watchbill/fleet-run/apply';
import { waitFor } from '@watchbill/testkit';
import { type ControlPlane, startControlPlane } from '@watchbill/testkit/kubernetes';
import { type Bench, image, imagesOf, makeBench, type StandIn, standIn } from './cli-ground.ts';
import { makeNamespace } from './ground.ts';

const WAIT = { timeoutMs: 120_000 };

let plane: ControlPlane;
let node: StandIn;
before(async () => {
  node = await standIn();
  plane = await startControlPlane({ podPort: node.port });
});
after(async () => {
  await plane?.close();
  node?.close();
});

async function withBench(work: (bench: Bench) => Promise<void>): Promise<void> {
  const bench = makeBench(plane.kubeconfigFile);
  try {
    await work(bench);
  } finally {
    bench.close();
  }
}

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
  for (const one of nodes) {
    const secret = {
      metadata: { name: `keys-${one}` },
      stringData: { babe: `//seed of ${namespace.split('-')[0]}` },
    };
    const made = await plane.request('POST', `/api/v1/namespaces/${namespace}/secrets`, secret);
    assert.equal(made.status, 201, JSON.stringify(made.body));
  }
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
      const done = await bench.apply(made.plan, ...SIGNING);
      assert.equal(done.code, 0, done.stdout + done.stderr);
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
    const quiet = await bench.run('plan');
    assert.equal(quiet.code, 0, quiet.stdout);
    assert.doesNotMatch(quiet.stdout, /Note:/);
    // The context of then leads to another cluster now.
    const lost = { target: 'kubernetes', name: 'lost', context: null, namespace: 'out-one' } as const;
    const line: MemoryLine = { what: 'has', id: 'lost', place: lost, identity: 'another cluster' };
    appendFileSync(file, `${JSON.stringify(line)}\n`);
    const unseen = await bench.run('plan');
    assert.equal(unseen.code, 5, unseen.stdout);
    assert.match(unseen.stdout, /answers there, and the place was[\s\S]*--forget-place lost/);
    const forgotten = await bench.run('plan', '--forget-place', 'lost');
    assert.equal(forgotten.code, 0, forgotten.stdout);
    assert.match(forgotten.stderr, /WARNING: lost/);
    assert.equal((await bench.run('plan')).code, 0);
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
    const refused = await bench.apply(beta.plan, ...SIGNING);
    assert.equal(refused.code, 3);
    assert.match(refused.stderr, /another plan was begun after this one was made[\s\S]*plan again/);
    // From another folder, which takes the memory over from the place.
    const elsewhere = makeBench(plane.kubeconfigFile);
    try {
      elsewhere.write(fileOf('pair', 'main', 'pair', 'beta'));
      const claimed = await elsewhere.plan();
      assert.deepEqual(
        claimed.plan.problems.map(({ code }) => code),
        ['not-first-time'],
      );
      const there = await elsewhere.plan();
      assert.deepEqual(
        stepsOf(there).map(({ action }) => action),
        ['delete', 'create'],
      );
      bench.write(fileOf('pair', 'main', 'pair', 'alpha', 'two'));
      await bench.settle(...SIGNING);
      const late = await elsewhere.apply(there.plan, ...SIGNING);
      assert.equal(late.code, 3, late.stdout + late.stderr);
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
    const hold = (finalizers: readonly string[]) =>
      plane.request('PATCH', pod, { metadata: { finalizers } }, 'application/merge-patch+json');
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
    assert.deepEqual(
      unfinished.plan.problems.map(({ code }) => code),
      ['unfinished', 'two-signers'],
    );
    const abandoned = await bench.plan('--abandon', plan.id.slice(0, 12));
    assert.equal(abandoned.code, 3);
    assert.match(abandoned.stderr, /WARNING: plan [0-9a-f]{12} is abandoned/);
    assert.deepEqual(
      abandoned.plan.problems.map(({ code, what }) => [code, what]),
      [['two-signers', 'main/Pod/ending/alpha-main-0-0 has its keys, and may still sign when it starts']],
    );
    assert.equal((await bench.apply(plan, ...SIGNING)).code, 3);
    await hold([]);
    await waitFor('the pod is gone', async () => (await plane.request('GET', pod)).status === 404, WAIT);
    await bench.settle(...SIGNING);
    assert.deepEqual(Object.keys(await imagesOf(plane, 'ending')), ['beta-main-0-0']);
  }));

test('a signer that is older than the name of its keys on its pod is not restarted for that name', () =>
  withBench(async (bench) => {
    await namespaceWith('older', 'v-main-0');
    bench.write(fileOf('older', 'main', 'older'));
    await bench.settle(...SIGNING);
    const set = '/apis/apps/v1/namespaces/older/statefulsets/v-main-0';
    const { body } = await plane.request('GET', set);
    type Live = { spec: { template: { metadata: { annotations?: Record<string, string> } } } };
    const live = body as Live;
    assert.equal(live.spec.template.metadata.annotations?.['watchbill/key-set'], 'set.older-one');
    const bare = [{ op: 'remove', path: '/spec/template/metadata/annotations' }];
    const patched = await plane.request('PATCH', set, bare, 'application/json-patch+json');
    assert.equal(patched.status, 200, JSON.stringify(patched.body));
    const quiet = await bench.plan();
    assert.deepEqual([quiet.code, quiet.plan.steps, quiet.plan.problems], [0, [], []]);
    const status = JSON.parse((await bench.run('status', '--json')).stdout) as {
      resources: { id: string; declared: string }[];
    };
    const row = status.resources.find(({ id }) => id === 'main/StatefulSet/older/v-main-0');
    assert.equal(row?.declared, 'as declared');
  }));

test('a Secret that was changed under its pod leaves the keys of the pod unknown, until the pod is made anew', () =>
  withBench(async (bench) => {
    await namespaceWith('swapped');
    const put = (name: string, seed: string) => {
      const object = { metadata: { name }, stringData: { babe: seed } };
      return plane.request('POST', '/api/v1/namespaces/swapped/secrets', object);
    };
    assert.equal((await put('keys-alpha-main-0', '//alpha')).status, 201);
    assert.equal((await put('keys-beta-main-0', '//beta')).status, 201);
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
    const changed = await plane.request(
      'PATCH',
      '/api/v1/namespaces/swapped/secrets/keys-alpha-main-0',
      { stringData: { babe: '//gamma' } },
      'application/merge-patch+json',
    );
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
