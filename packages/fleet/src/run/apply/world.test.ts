import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createVirtualClock, field } from '@watchbill/kit/testing';
import type { Graph, KubernetesResource } from '../../file/graph/index.ts';
import type { LiveResource } from '../../file/live/index.ts';
import { planChanges } from '../../file/plan/index.ts';
import { liveOf, readFixture, SOLO, storesOf } from '../../file/testing/index.ts';
import { applyPlan } from './apply-plan.ts';
import type { Entry } from './journal-text.ts';
import type { ApplyResult, ApplySettings } from './settings.ts';
import { type FakeTarget, fakeTarget } from './testing/fake-target.ts';

type Plan = ReturnType<typeof planChanges>;

const KEYS = '{session: {source: secret, secret: "{node}-keys", set: stash-one, types: {babe: sr25519}}}';

/** A network with one signer of the key set in this pool. */
function signerIn(pool: string): Graph {
  const signer = `${pool}: {role: validator, keys: ${KEYS}}`;
  return readFixture(SOLO.replace('validators: {role: validator, count: 3}', signer)).graph;
}

async function planAt(target: FakeTarget, graph: Graph): Promise<Plan> {
  return planChanges(graph, [
    await target.read(graph.network, graph.resources, [], new AbortController().signal),
  ]);
}

async function apply(
  target: FakeTarget,
  plan: Plan,
  change: Partial<ApplySettings> = {},
  earlier: readonly Entry[] = [],
): Promise<ApplyResult> {
  return applyPlan({
    plan,
    targets: new Map([['main', target]]),
    journal: { file: '', earlier, write: () => undefined, close: () => undefined },
    clock: createVirtualClock({ flowing: true }),
    checkSigner: async () => ({ state: 'healthy' }),
    gateTimeoutMs: 1_000,
    pollMs: 10,
    onEvent: () => undefined,
    signal: new AbortController().signal,
    ...change,
  });
}

const signersAt = ({ objects }: FakeTarget) =>
  [...objects.values()].flatMap(({ id, subject }) => (subject.keySet === null ? [] : [id]));

test('of two plans that were made from one state the second one is refused before its first step', async () => {
  const target = fakeTarget('main');
  const first = await planAt(target, signerIn('alpha'));
  const second = await planAt(target, signerIn('beta'));
  assert.deepEqual((await apply(target, first)).left, []);
  const done = [...target.calls];
  const refused = await apply(target, second);
  assert.deepEqual(refused.stops.map(field('reason')), ['changed']);
  assert.match(refused.stops[0]?.detail ?? '', /plan again/);
  assert.deepEqual(target.calls, done);
  assert.deepEqual(signersAt(target), ['main/StatefulSet/harbour/alpha-main-0']);
});

test('a signer that comes while a plan is carried out keeps others from its keys', async () => {
  const target = fakeTarget('main');
  const plan = await planAt(target, signerIn('beta'));
  const other = signerIn('alpha').resources.find(
    (one): one is KubernetesResource => one.subject.keySet !== null && one.target === 'kubernetes',
  );
  assert.ok(other !== undefined);
  target.hook.after = (_call, done) => {
    target.objects.set(other.id, other);
    return done;
  };
  const stopped = await apply(target, plan);
  assert.match(stopped.stops[0]?.detail ?? '', /alpha-main-0 has its keys/);
  assert.ok(target.calls.length > 0);
  assert.deepEqual(signersAt(target), [other.id]);
});

/** The place also shows these, whatever it is asked for. */
function showing(target: FakeTarget, more: readonly LiveResource[]): FakeTarget {
  return {
    ...target,
    read: async (...args) => {
      const read = await target.read(...args);
      if (!read.ok) return read;
      const live = new Map([...read.state.live, ...more.map((one) => [one.id, one] as const)]);
      return { ok: true, state: { ...read.state, live } };
    },
  };
}

test('a process that got a key by RPC since the plan keeps others from it', async () => {
  const pools = ['alpha', 'beta'].map(
    (name) => `${name}: {role: validator, keys: ${KEYS.replace('stash-one', name)}}`,
  );
  const { graph } = readFixture(SOLO.replace('validators: {role: validator, count: 3}', pools.join('\n  ')));
  const alpha = graph.resources.find(({ id }) => id === 'main/StatefulSet/harbour/alpha-main-0');
  assert.ok(alpha?.target === 'kubernetes');
  const pod = { id: 'main/Pod/harbour/alpha-main-0-0', kind: 'Pod', name: 'alpha-main-0-0' };
  const shown = [liveOf({ ...alpha, ...pod }, graph.network, { network: null })];
  const target = showing(fakeTarget('main'), [...shown, ...storesOf(graph.resources, 'main')]);
  target.objects.set(alpha.id, alpha);
  const plan = await planAt(target, graph);
  assert.deepEqual(plan.problems, []);
  let asked = 0;
  /** It has the keys from this question on. */
  const inserted = (from: number): FakeTarget => ({
    ...target,
    holds: async (_process, keys) => ({ ok: true, held: ++asked < from ? [] : keys }),
  });
  const whole = await apply(inserted(1), plan);
  assert.match(whole.stops[0]?.detail ?? '', /alpha-main-0 has its keys/);
  assert.deepEqual(target.calls, [], 'before the first step');
  asked = 0;
  const late = await apply(inserted(2), plan);
  assert.match(late.stops[0]?.detail ?? '', /alpha-main-0 has its keys/);
  assert.ok(target.calls.length > 0);
  assert.deepEqual(signersAt(target), [alpha.id], 'before the step that begins to sign');
});

test('an object that appeared, and one that changed, is found before the first step', async () => {
  for (const graph of [null, signerIn('alpha')]) {
    const target = fakeTarget('main');
    if (graph !== null) await apply(target, await planAt(target, graph));
    const plan = await planAt(target, signerIn('beta'));
    const step = plan.steps.findLast(({ action }) => action === (graph === null ? 'create' : 'delete'));
    const there = signerIn('alpha').resources[0];
    assert.ok(step !== undefined && there?.target === 'kubernetes');
    target.objects.set(step.resourceId, { ...there, id: step.resourceId });
    const before = [...target.calls];
    const stopped = await apply(target, plan);
    assert.deepEqual(
      stopped.stops.map(({ reason, step: at }) => [reason, at.id]),
      [['changed', step.id]],
    );
    assert.deepEqual(target.calls, before);
  }
});

test('a place that cannot be read begins nothing, and a plan that is done asks nothing', async () => {
  const target = fakeTarget('main');
  const plan = await planAt(target, signerIn('alpha'));
  const away: FakeTarget = {
    ...target,
    read: async () => ({ ok: false, place: 'main', reason: 'unreachable', detail: 'no answer' }),
  };
  const stopped = await apply(away, plan);
  assert.deepEqual([stopped.stops[0]?.reason, stopped.stops[0]?.detail], ['unreachable', 'main: no answer']);
  assert.deepEqual(target.calls, []);
  const verified = plan.steps.map(({ id }): Entry => ({ state: 'verified', step: id }));
  assert.deepEqual((await apply(away, plan, {}, verified)).stops, []);
});

test('what changes on a machine is asked for as it was when the plan was made', async () => {
  const target = fakeTarget('main');
  await apply(target, await planAt(target, signerIn('alpha')));
  const plan = await planAt(target, signerIn('beta'));
  const asked: string[][] = [];
  const machine: FakeTarget = {
    ...target,
    place: { target: 'machine', name: 'main', host: '192.0.2.7', port: 22, user: 'root' },
    read: async (network, resources, expects, signal) => {
      asked.push(resources.map(({ id }) => id));
      return target.read(network, resources, expects, signal);
    },
  };
  const updated = plan.steps.map((step) =>
    step.action === 'create' ? { ...step, action: 'update' as const, basedOn: 'seen' } : step,
  );
  await apply(machine, { ...plan, steps: updated });
  const wanted = updated.flatMap(({ resource }) => (resource === null ? [] : [resource.id]));
  assert.ok(wanted.length > 0);
  assert.deepEqual(asked[0], wanted);
});

test('Secrets that the planning user could not read are looked at before the first step', async () => {
  const target = fakeTarget('main');
  const secret = { place: 'main', kind: 'Secret', name: 'keys', entries: ['babe'], why: 'seeds' } as const;
  const expected = { ...secret, neededBy: [] };
  const plan = { ...(await planAt(target, signerIn('alpha'))), unread: [expected] };
  const seeing = (state: { readonly missing?: true; readonly unread?: true }): FakeTarget => ({
    ...target,
    read: async (network, resources, expects, signal) => {
      const read = await target.read(network, resources, expects, signal);
      assert.ok(read.ok);
      const unread = state.unread ? expects.map((one) => ({ expected: one, detail: 'may not get' })) : [];
      return { ok: true, state: { ...read.state, unread, missing: state.missing ? expects : [] } };
    },
  });
  const stops = async (state: Parameters<typeof seeing>[0]) =>
    (await apply(target, plan, { targets: new Map([['main', seeing(state)]]) })).stops.map(
      ({ reason, detail }) => `${reason}: ${detail}`,
    );
  assert.deepEqual(await stops({ missing: true }), ['missing: main has no Secret keys with babe: seeds']);
  assert.deepEqual(await stops({ unread: true }), ['forbidden: may not get']);
  assert.deepEqual(target.calls, []);
  assert.deepEqual(await stops({}), []);
});

test('a volume with keys that is there since the plan keeps its signer from beginning', async () => {
  const { graph } = readFixture(SOLO);
  for (const spec of [{}, { dataSource: { kind: 'PersistentVolumeClaim', name: 'keys-x-0' } }]) {
    const target = fakeTarget('main');
    const plan = await planAt(target, graph);
    putClaim(target, graph, spec);
    const { stops } = await apply(target, plan);
    assert.match(
      stops[0]?.detail ?? '',
      /keys-validators-main-0-0 has keys for it since the plan; plan again/,
    );
    assert.deepEqual(target.calls, []);
  }
});

test('a run goes on with a signer that it has begun, whose volume is there by now', async () => {
  const { graph } = readFixture(SOLO);
  const target = fakeTarget('main');
  const plan = await planAt(target, graph);
  const earlier: Entry[] = [];
  const journal = {
    file: '',
    earlier: [],
    write: (entry: Entry) => void earlier.push(entry),
    close: () => undefined,
  };
  const first = await apply(target, plan, {
    journal,
    checkSigner: async () => ({ state: 'waiting', detail: '' }),
  });
  assert.match(first.stops[0]?.step.resourceId ?? '', /validators-main-0$/);
  putClaim(target, graph, {});
  assert.deepEqual((await apply(target, plan, {}, earlier)).stops, []);
});

/** Puts the volume with the keys of the first validator. */
function putClaim({ objects }: FakeTarget, { resources: [one] }: Graph, spec: object): void {
  const [kind, name] = ['PersistentVolumeClaim', 'keys-validators-main-0-0'];
  assert.ok(one?.target === 'kubernetes');
  const id = `main/${kind}/harbour/${name}`;
  const subject = { pool: null, node: null, role: null, keySet: null };
  const body = { apiVersion: 'v1', kind, metadata: { name }, spec };
  objects.set(id, { ...one, id, kind, name, subject, body } as KubernetesResource);
}
