import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Json, JsonRecord } from '@watchbill/kit';
import { type Graph, type KubernetesResource, MARKS } from '../../file/graph/index.ts';
import type { PlaceRead } from '../../file/live/index.ts';
import { planChanges } from '../../file/plan/index.ts';
import { fileText, readFixture, SOLO } from '../../file/testing/index.ts';
import { MADE_KINDS } from './kinds.ts';
import { at } from './ownership.ts';
import { readPlace } from './read.ts';
import { applied, type FakeRefusals, fakeObjects, secret } from './testing/fake-objects.ts';

const SEED = 'legal winner thank year wave sausage worth useful legal winner thank yellow';
const NEVER = new AbortController().signal;

interface Signer {
  readonly secret: string;
  readonly set?: string;
  readonly services?: readonly string[];
}

/** A network with one signer for each pool, in one namespace of each of its clusters. */
function graphOf(
  name: string,
  pools: Readonly<Record<string, Signer>>,
  { clusters = ['main'], namespace = 'common' } = {},
): Graph {
  const pool = ({ secret: named, set, services }: Signer, at: number) => ({
    role: 'validator',
    place: clusters[at] ?? clusters[0],
    keys: {
      session: {
        source: 'secret',
        secret: named,
        ...(set === undefined ? {} : { set }),
        types: { babe: 'sr25519' },
      },
    },
    ...(services === undefined ? {} : { duty: { services, secret: '{node}-duty' } }),
  });
  const text = fileText({
    name,
    clusters: Object.fromEntries(clusters.map((one) => [one, { context: one, namespace }])),
    pools: Object.fromEntries(Object.entries(pools).map(([key, signer], at) => [key, pool(signer, at)])),
  });
  return readFixture(text).graph;
}

interface Cluster extends FakeRefusals {
  readonly stored: readonly JsonRecord[];
}

async function readsOf(graph: Graph, { stored, ...refusals }: Cluster): Promise<readonly PlaceRead[]> {
  return Promise.all(
    graph.places.map((place) => {
      assert.ok(place.target === 'kubernetes');
      const { objects } = fakeObjects(stored, refusals);
      const here = graph.resources.filter((one) => one.place === place.name) as KubernetesResource[];
      const expects = graph.expects.filter((one) => one.place === place.name);
      const kinds = new Map(Object.entries(MADE_KINDS));
      return readPlace({ objects, place, kinds, takeOver: false }, graph.network, here, expects, NEVER);
    }),
  );
}

async function problemsOf(graph: Graph, cluster: Cluster): Promise<readonly string[]> {
  const { problems } = planChanges(graph, await readsOf(graph, cluster));
  return problems.map(({ code, resourceId, what }) => `${code} ${resourceId}: ${what}`);
}

/** The sets of a network, as other tools would apply them. */
const rendered = (graph: Graph): readonly JsonRecord[] =>
  graph.resources.flatMap((one) => (one.kind === 'StatefulSet' ? [(one as KubernetesResource).body] : []));
/** The live objects after an apply. */
const living = (graph: Graph): readonly JsonRecord[] => rendered(graph).map(applied);
/** A running pod of the set a-main-0. */
const podOf = (metadata: JsonRecord, spec: Json = {}): JsonRecord => ({
  ...{ apiVersion: 'v1', kind: 'Pod', spec, status: { phase: 'Running' } },
  metadata: {
    ...{ ...metadata, namespace: 'common', name: 'a-main-0-0' },
    ownerReferences: [{ apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'a-main-0', uid: 'u' }],
  },
});
const claimOf = (name: string, spec: JsonRecord): JsonRecord => ({
  ...{ apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { namespace: 'harbour', name }, spec },
});
const seeds = (name: string, seed: string, namespace = 'common') => secret(namespace, name, { babe: seed });

test('a signer of another network in the same namespace, with the same Secret, is seen and named', async () => {
  const [one, two] = [graphOf('one', { a: { secret: 'stash' } }), graphOf('two', { b: { secret: 'stash' } })];
  const stored = [...living(one), seeds('stash', SEED)];
  const said = await problemsOf(two, { stored });
  assert.deepEqual(said, [
    'two-signers main/StatefulSet/common/b-main-0: main/StatefulSet/common/a-main-0 of the network one has its keys (set.stash), and no plan of this network stops it',
  ]);
  // The same if both are live already, and the plan would change neither.
  const both = await problemsOf(two, { stored: [...stored, ...living(two)] });
  assert.equal(both.length, 1);
  assert.deepEqual(both, said);
});

test('what another tool applied for another network counts too, and other keys do not', async () => {
  const [one, two] = [graphOf('one', { a: { secret: 'stash' } }), graphOf('two', { b: { secret: 'stash' } })];
  const [said] = await problemsOf(two, { stored: [...rendered(one), seeds('stash', SEED)] });
  assert.match(said ?? '', /^two-signers .* of the network one has its keys/);
  const apart = graphOf('two', { b: { secret: 'other' } });
  const stored = [...living(one), seeds('stash', SEED), seeds('other', `${SEED}//other`)];
  assert.deepEqual(await problemsOf(apart, { stored }), []);
});

test('in another namespace a Secret of that name is the same where its seeds are, or cannot be read, or the keys have a name', async () => {
  const elsewhere = (signer: Signer) => living(graphOf('one', { a: signer }, { namespace: 'far' }));
  const two = (signer: Signer) => graphOf('two', { b: signer });
  const stash = { secret: 'stash' };
  const own = seeds('stash', SEED);
  const copied = [...elsewhere(stash), own, seeds('stash', SEED, 'far')];
  assert.match((await problemsOf(two(stash), { stored: copied })).join(), /of the network one has its keys/);
  const others = [...elsewhere(stash), own, seeds('stash', `${SEED}//1`, 'far')];
  assert.deepEqual(await problemsOf(two(stash), { stored: others }), []);
  const hidden = { stored: others, forbidden: ['Secret far/stash'] };
  assert.equal((await problemsOf(two(stash), hidden)).length, 1);
  const named = { secret: 'stash', set: 'kings' };
  const believed = [...elsewhere(named), own, seeds('stash', `${SEED}//1`, 'far')];
  assert.equal((await problemsOf(two(named), { stored: believed })).length, 1);
});

test('a pod that outlives its set is seen, and keeps others from its keys', async () => {
  const graph = graphOf('tide', { b: { secret: 'b-keys', set: 'one' } });
  const pod = podOf({
    deletionTimestamp: '2026-01-01T00:00:00Z',
    labels: { [MARKS.network]: 'tide', [MARKS.node]: 'a-main-0', [MARKS.role]: 'validator' },
    annotations: { [MARKS.keySet]: 'set.one' },
  });
  assert.deepEqual(await problemsOf(graph, { stored: [pod, seeds('b-keys', SEED)] }), [
    'two-signers main/StatefulSet/common/b-main-0: main/Pod/common/a-main-0-0 has its keys, and may still sign when it starts',
  ]);
});

test('a Secret that was changed after its pod began says nothing about the keys of the pod', async () => {
  const two = graphOf('two', { b: { secret: 'other' } });
  const [set] = living(graphOf('one', { a: { secret: 'stash' } }));
  const template = at(set, ['spec', 'template']) as JsonRecord;
  const metadata = template.metadata as JsonRecord;
  const pod = podOf({ ...metadata, creationTimestamp: '2026-01-01T00:00:10Z' }, template.spec);
  const changed = (time: string): JsonRecord => {
    const one = seeds('stash', SEED);
    const managedFields = [
      { manager: 'kubectl', time: '2026-01-01T00:00:00Z' },
      { manager: 'x', time },
    ];
    return { ...one, metadata: { ...(one.metadata as JsonRecord), managedFields } };
  };
  const stored = (time: string) => [set ?? {}, pod, changed(time), seeds('other', `${SEED}//other`)];
  assert.deepEqual(await problemsOf(two, { stored: stored('2026-01-01T00:00:09Z') }), []);
  const said = await problemsOf(two, { stored: stored('2026-01-01T00:00:11Z') });
  assert.match(said.join(), /the public keys of main\/Pod\/common\/a-main-0-0 are not known/);
});

test('signers of other networks are listed in its own namespaces where no others may be, and a list that is lost refuses the plan', async () => {
  const [one, two] = [graphOf('one', { a: { secret: 'stash' } }), graphOf('two', { b: { secret: 'stash' } })];
  const stored = [...living(one), seeds('stash', SEED)];
  const here = { stored, forbidden: ['Deployment /', 'StatefulSet /', 'Pod /'] };
  assert.match((await problemsOf(two, here)).join(), /^two-signers .* of the network one has its keys/);
  const [read] = await readsOf(two, { stored, lost: ['StatefulSet /'] });
  assert.ok(read?.ok === false && read.reason === 'unreachable');
});

test('one seed in two Secrets is one set of keys under two names: in one cluster, in two, and of another network', async () => {
  const pools = { a: { secret: 'a-keys' }, b: { secret: 'b-keys' } };
  const stored = [seeds('a-keys', SEED), seeds('b-keys', `${SEED}\n`)];
  for (const graph of [graphOf('tide', pools), graphOf('tide', pools, { clusters: ['main', 'east'] })]) {
    const said = await problemsOf(graph, { stored });
    assert.equal(said.length, 1, said.join('\n'));
    for (const one of said) {
      assert.match(
        one,
        /^two-signers .* it and .*: both have the public key 0x[0-9a-f]{64}, under the names set.a-keys and set.b-keys/,
      );
      assert.ok(SEED.split(' ').every((word) => word === 'year' || !one.includes(word)));
    }
  }
  const other = graphOf('other', { b: { secret: 'b-keys' } });
  const own = graphOf('tide', { a: { secret: 'a-keys' } });
  const across = await problemsOf(own, { stored: [...living(other), ...stored] });
  assert.match(across.join('\n'), /main\/StatefulSet\/common\/b-main-0 of the network other has its keys/);
});

test('separate seeds, and one set with one name, are accepted', async () => {
  const apart = graphOf('tide', { a: { secret: 'a-keys' }, b: { secret: 'b-keys' } });
  const own = [seeds('a-keys', SEED), seeds('b-keys', `${SEED}//b`)];
  assert.deepEqual(await problemsOf(apart, { stored: own }), []);
  const services = ['https://watch:8443'];
  const twins = graphOf('tide', {
    a: { secret: 'a-keys', set: 'one', services },
    b: { secret: 'b-keys', set: 'one', services },
  });
  const tokens = ['a', 'b'].map((pool) => secret('common', `${pool}-main-0-duty`, { token: 'x' }));
  const same = [seeds('a-keys', SEED), seeds('b-keys', SEED), ...tokens];
  assert.deepEqual(await problemsOf(twins, { stored: same }), []);
});

test('keys that go to a node of another name by a copy of their Secret are refused until they have one name', async () => {
  const before = graphOf('tide', { a: { secret: 'a-keys' } });
  const after = graphOf('tide', { b: { secret: 'b-keys' } });
  const stored = [...living(before), seeds('a-keys', SEED), seeds('b-keys', SEED)];
  assert.equal((await problemsOf(after, { stored })).length, 1);
  const named = graphOf('tide', { b: { secret: 'b-keys', set: 'a-keys' } });
  const { problems, steps } = planChanges(named, await readsOf(named, { stored }));
  assert.deepEqual(problems, []);
  const start = steps.find(({ id }) => id === 'create main/StatefulSet/common/b-main-0');
  assert.ok(start?.needs.includes('delete main/StatefulSet/common/a-main-0'));
});

test('no part of a seed is kept, and a Secret is read once', async () => {
  const graph = graphOf('tide', { a: { secret: 'a-keys' } });
  const [read] = await readsOf(graph, { stored: [seeds('a-keys', SEED)] });
  assert.ok(read?.ok);
  const kept = JSON.stringify([...read.state.live.values()]);
  assert.ok(kept.includes('"keys":{"babe":"0x'));
  for (const text of [SEED, Buffer.from(SEED).toString('base64')]) assert.ok(!kept.includes(text));
  const { objects, asked } = fakeObjects([seeds('a-keys', SEED)]);
  const [place] = graph.places;
  assert.ok(place?.target === 'kubernetes');
  const settings = { objects, place, kinds: new Map(Object.entries(MADE_KINDS)), takeOver: false };
  await readPlace(settings, 'tide', graph.resources as KubernetesResource[], graph.expects, NEVER);
  assert.equal(asked.filter((one) => one === 'get Secret common/a-keys').length, 1);
});

test('whom a live signer asks is read from its command line, and not from its mark', async () => {
  const services = ['https://watch:8443'];
  const graph = graphOf('tide', { a: { secret: 'a-keys', services } });
  const tokens = [secret('common', 'a-main-0-duty', { token: 'x' }), seeds('a-keys', SEED)];
  const id = 'main/StatefulSet/common/a-main-0';
  const useOf = async (stored: readonly JsonRecord[]) => {
    const [read] = await readsOf(graph, { stored: [...stored, ...tokens] });
    return read?.ok ? read.state.live.get(id)?.subject.keySet : null;
  };
  const wanted = graph.resources.find((one) => one.id === id)?.subject.keySet;
  assert.ok(typeof wanted === 'string' && wanted.startsWith('gated.a-keys@'));
  const text = JSON.stringify(living(graph));
  assert.equal(await useOf(JSON.parse(text)), wanted);
  const byHand = text.replaceAll('https://watch:8443', 'https://other:8443');
  const found = await useOf(JSON.parse(byHand));
  assert.ok(found?.startsWith('gated.a-keys@') && found !== wanted);
  const older = text.replaceAll(wanted, 'gated.a-keys');
  assert.equal(await useOf(JSON.parse(older)), wanted, 'of before services were part of the mark');
});

test('Secrets that may not be read leave the keys to apply; without that the plan is refused', async () => {
  const graph = graphOf('tide', { a: { secret: 'a-keys' }, b: { secret: 'b-keys' } });
  const stored = [seeds('a-keys', SEED), seeds('b-keys', SEED)];
  const hidden = { stored, forbidden: ['Secret common/a-keys', 'Secret common/b-keys'] };
  const plan = planChanges(graph, await readsOf(graph, hidden));
  assert.deepEqual(plan.problems, []);
  assert.deepEqual(
    plan.unread?.map(({ kind, name }) => `${kind} ${name}`),
    ['Secret a-keys', 'Secret b-keys'],
  );
  assert.equal(plan.differentKeys, undefined, 'no person claimed anything');
  const seen = planChanges(graph, await readsOf(graph, { stored }));
  assert.equal(seen.unread, undefined);
  assert.match(seen.problems.map(({ what }) => what).join(), /both have the public key/);
  const lost = await readsOf(graph, { stored, lost: ['Secret common/a-keys'] });
  assert.equal(lost[0]?.ok, false);
});

test('pods elsewhere that may not be listed refuse a signer that begins, unless a person claims other keys', async () => {
  const graph = graphOf('two', { b: { secret: 'stash' } });
  const reads = await readsOf(graph, { stored: [seeds('stash', SEED)], forbidden: ['CronJob /'] });
  const [problem, ...more] = planChanges(graph, reads).problems;
  assert.match(
    problem?.what ?? '',
    /^main\/unseen\/pods of other namespaces, which this account may not list \(CronJob \/\), may have its keys/,
  );
  assert.match(problem?.remedy ?? '', /file render --format access/);
  assert.deepEqual(more, []);
  assert.deepEqual(planChanges(graph, reads, [], { differentKeys: true }).problems, []);
  const planner = { stored: [seeds('stash', SEED)], forbidden: ['CronJob /', 'Secret common/stash'] };
  assert.equal((await problemsOf(graph, planner)).length, 1, 'also for a user who may not read the Secret');
  const running = { stored: [...living(graph), seeds('stash', SEED)], forbidden: ['Pod /'] };
  assert.deepEqual(await problemsOf(graph, running), [], 'a signer that lives keeps its keys');
});

describe('whatever else in the cluster can hold the keys refuses the plan, and no claim lifts that', () => {
  const graph = graphOf('two', { b: { secret: 'stash' } });
  const NODE = { name: 'node', image: 'x', args: ['--validator', '--keystore-path=/keystore'] };
  const workload = (kind: string, spec: object, namespace = 'common', labels: object = {}): JsonRecord => {
    const metadata = { namespace, name: 'theirs', uid: 'u', labels };
    const template =
      kind === 'CronJob' ? { jobTemplate: { spec: { template: { spec } } } } : { template: { spec } };
    return { kind, metadata, spec: kind === 'Pod' ? spec : template } as unknown as JsonRecord;
  };
  const claimed = async (...stored: readonly JsonRecord[]) =>
    planChanges(graph, await readsOf(graph, { stored: [...stored, seeds('stash', SEED)] }), [], {
      differentKeys: true,
    }).problems.map(({ what }) => what);
  const REACHED: Readonly<Record<string, object>> = {
    'a volume': { volumes: [{ name: 'k', secret: { secretName: 'stash' } }] },
    'a projection': { volumes: [{ name: 'k', projected: { sources: [{ secret: { name: 'stash' } }] } }] },
    'a variable': {
      containers: [
        { ...NODE, env: [{ name: 'S', valueFrom: { secretKeyRef: { name: 'stash', key: 'babe' } } }] },
      ],
    },
    'all variables': { initContainers: [{ ...NODE, envFrom: [{ secretRef: { name: 'stash' } }] }] },
  };
  for (const [way, spec] of Object.entries(REACHED))
    test(`by ${way}, from each kind of workload`, async () => {
      for (const kind of ['Pod', 'StatefulSet', 'Deployment', 'Job', 'CronJob'])
        assert.deepEqual(await claimed(workload(kind, spec)), [
          `main/${kind}/common/theirs of no network of watchbill has its keys (set.stash), and no plan of this network stops it`,
        ]);
      assert.deepEqual(await claimed(workload('Pod', spec, 'far')), [], 'a Secret of another namespace');
    });

  test('a node that signs with keys which are not known needs the claim that they are others', async () => {
    const helm = workload('StatefulSet', { containers: [NODE] }, 'far', { 'helm.sh/chart': 'node-5.17.0' });
    const stored = [helm, seeds('stash', SEED)];
    const [said, ...more] = await problemsOf(graph, { stored });
    assert.match(said ?? '', /main\/StatefulSet\/far\/theirs of no network of watchbill may have its keys/);
    assert.deepEqual(more, []);
    assert.deepEqual(await claimed(helm), []);
    // As the chart of Parity starts it.
    const line = 'set -eu\nexec polkadot \\\n  --name=a \\\n  --validator \\\n  --chain=x\n';
    const shell = { name: 'node', command: ['/bin/sh'], args: ['-c', line] };
    const chart = { stored: [workload('StatefulSet', { containers: [shell] }, 'far'), seeds('stash', SEED)] };
    assert.deepEqual(await problemsOf(graph, chart), [said]);
    const ended = { ...workload('Pod', { containers: [NODE] }), status: { phase: 'Succeeded' } };
    assert.deepEqual(await problemsOf(graph, { stored: [ended, seeds('stash', SEED)] }), []);
  });
});

test('a signer in the namespace of another place of the same cluster is one of the network', async () => {
  const pools = { a: { secret: 'a-keys' } };
  const [before, now] = [graphOf('tide', pools), graphOf('tide', pools, { namespace: 'next' })];
  const stored = [...living(before), seeds('a-keys', SEED), seeds('a-keys', SEED, 'next')];
  const [read] = await readsOf(now, { stored });
  const [past] = await readsOf({ ...before, resources: [], expects: [] }, { stored });
  assert.ok(read?.ok === true && past?.ok === true);
  assert.match(
    planChanges(now, [read]).problems[0]?.what ?? '',
    /in a namespace of no place of it has its keys/,
  );
  const live = [...past.state.live.values()].map((one) => ({ ...one, id: one.id.replace('main', 'past') }));
  const left: PlaceRead = {
    ok: true,
    state: {
      ...past.state,
      place: 'past',
      live: new Map(live.map((one) => [one.id, { ...one, place: 'past' }])),
    },
  };
  const { problems, steps } = planChanges(now, [read, left]);
  assert.deepEqual(problems, []);
  const start = steps.find(({ id }) => id === 'create main/StatefulSet/next/a-main-0');
  assert.ok(start?.needs.includes('delete past/StatefulSet/common/a-main-0'));
});

describe('the volume with the keys of a signer that begins', () => {
  const text = SOLO.replace('count: 3', 'count: 2');
  const { graph } = readFixture(text);
  const bound = { accessModes: ['ReadWriteOncePod'], volumeName: 'pv-1' };
  const claim = (spec: JsonRecord) => claimOf('keys-validators-main-1-0', { ...bound, ...spec });
  const planWith = async (cluster: Cluster) => planChanges(graph, await readsOf(graph, cluster));
  const create = 'create main/StatefulSet/harbour/validators-main-1';

  test('is empty if it is not there, and has keys if it is', async () => {
    const fresh = await planWith({ stored: [] });
    const born = fresh.steps.find(({ id }) => id === create);
    assert.match(`${born?.risk}: ${born?.why}`, /^safe: .*its keys are born in it/);
    const kept = await planWith({ stored: [claim({})] });
    const step = kept.steps.find(({ id }) => id === create);
    assert.equal(
      `${step?.risk}: ${step?.why}`,
      'signing: it starts with the keys on the volume keys-validators-main-1-0, which is there already',
    );
    assert.deepEqual(kept.problems, []);
  });
  test('is refused if it was filled from another volume', async () => {
    const other = { kind: 'PersistentVolumeClaim', name: 'keys-validators-main-0-0' };
    for (const source of [
      { dataSource: other },
      { dataSourceRef: other },
      { selector: { matchLabels: {} } },
    ]) {
      const { problems } = await planWith({ stored: [claim(source)] });
      assert.deepEqual(
        problems.map(({ code, resourceId }) => `${code} ${resourceId}`),
        ['two-signers main/StatefulSet/harbour/validators-main-1'],
      );
      assert.match(problems[0]?.what ?? '', /was filled from (PersistentVolumeClaim keys-|a volume that)/);
    }
  });
  test('that may not be read leaves the place unknown', async () => {
    const forbidden = ['PersistentVolumeClaim harbour/keys-validators-main-1-0'];
    const [read] = await readsOf(graph, { stored: [], forbidden });
    assert.ok(read?.ok === false && read.reason === 'forbidden');
  });
});

describe('volumes that are there keep their size and class', () => {
  const pools = (storage: string, more = '') =>
    readFixture(`${SOLO.slice(0, SOLO.indexOf('pools:'))}pools: {a: {role: rpc, place: main, ${more}storage: {${storage}}}}
`).graph;
  const claim = (storage: string, name = 'data-a-main-0', spec: JsonRecord = {}) =>
    claimOf(name, { resources: { requests: { storage } }, ...spec });
  const said = async (before: Graph | null, after: Graph, ...claims: readonly JsonRecord[]) => {
    const live = before === null ? [] : living(before);
    const { problems } = planChanges(after, await readsOf(after, { stored: [...live, ...claims] }));
    return problems.map(({ code, resourceId, what, remedy }) => `${code} ${resourceId}: ${what}. ${remedy}`);
  };
  const [of700, of900] = [pools('chainGiB: 700'), pools('chainGiB: 900')];

  test('a smaller one refuses the plan, with the line that grows it', async () => {
    const wanted = [
      'volume-kept main/StatefulSet/harbour/a-main: data-a-main-0 has 700Gi, less than the 900Gi of the network file; a set gives its size to new volumes only. let it grow if its class allows that, and plan again: kubectl --context CONTEXT --namespace harbour patch persistentvolumeclaims data-a-main-0 --type merge --patch \'{"spec":{"resources":{"requests":{"storage":"900Gi"}}}}\'. Otherwise put storage.chainGiB back to the old size',
    ];
    assert.deepEqual(await said(of700, of900, claim('700Gi')), wanted);
    assert.deepEqual(await said(of900, of900, claim('700Gi')), wanted, 'also behind a set that has the size');
    assert.deepEqual(await said(null, of900, claim('700Gi')), wanted, 'also before its set');
    assert.deepEqual(await said(of700, of900, claim('900Gi')), []);
    assert.deepEqual(await said(of700, of900), []);
    assert.match((await said(of900, of900, claim('0.5Ti'))).join(), /has 0.5Ti, less than/);
    assert.deepEqual(await said(of900, of900, claim('1T')), []);
  });
  test('each pod that an autoscaled set can have counts', async () => {
    const scaled = pools('chainGiB: 900', 'autoscale: {min: 1, max: 3, by: cpu, target: 70}, ');
    const found = await said(null, scaled, ...['0', '2', '3'].map((n) => claim('700Gi', `data-a-main-${n}`)));
    assert.match(
      found.join(),
      /data-a-main-0 and data-a-main-2 have 700Gi, .* data-a-main-0 data-a-main-2 --type/,
    );
  });
  test('a file with a smaller size refuses the plan; larger volumes after a growth or a restore do not', async () => {
    assert.deepEqual(await said(of900, of700, claim('900Gi')), [
      'volume-kept main/StatefulSet/harbour/a-main: data-a-main-0 has 900Gi, and a volume never shrinks to the 700Gi of the network file. put storage.chainGiB back to the old size; smaller volumes need a new pool',
    ]);
    assert.deepEqual(await said(of900, of700, claim('700Gi')), []);
    assert.deepEqual(await said(of900, of700), []);
    assert.deepEqual(await said(of700, of700, claim('900Gi')), []);
  });
  test('another class refuses the plan, too', async () => {
    const [slow, fast] = ['slow', 'fast'].map((name) => pools(`chainGiB: 700, class: ${name}`));
    assert.ok(slow !== undefined && fast !== undefined);
    const of = (storageClassName: string) => claim('700Gi', 'data-a-main-0', { storageClassName });
    assert.match(
      (await said(slow, fast, of('slow'))).join(),
      /^volume-kept .*: data-a-main-0 has the class slow, and a volume never changes its class\. put the class back to the old one/,
    );
    assert.deepEqual(await said(slow, fast, of('fast')), []);
    assert.deepEqual(await said(fast, fast, of('slow')), [], 'what a restore chose stays');
  });
});
