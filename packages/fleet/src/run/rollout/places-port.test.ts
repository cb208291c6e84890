import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createVirtualClock, fields } from '@watchbill/kit/testing';
import type { KubernetesResource } from '../../file/graph/index.ts';
import type { LiveResource } from '../../file/live/index.ts';
import { fakePlan, fakeResource, fakeStep } from '../apply/testing/fake-plan.ts';
import { type FakeTarget, fakeTarget } from '../apply/testing/fake-target.ts';
import { instancesOf } from './node-instances.ts';
import { placesPort } from './places-port.ts';

const SUBJECT = { pool: 'rpc', node: null, role: 'rpc', keySet: null } as const;

function set(image: string): KubernetesResource {
  const spec = { replicas: 3, template: { spec: { containers: [{ image }] } } };
  return { ...fakeResource('rpc', { spec }, 'StatefulSet'), subject: SUBJECT };
}

const [OLD, NEW] = [set('a'), set('b')];
const signal = new AbortController().signal;

async function fixture() {
  const target: FakeTarget = fakeTarget();
  target.objects.set(OLD.id, OLD);
  const step = fakeStep('update', NEW, OLD, { gate: 'healthy', subject: SUBJECT });
  const plan = fakePlan([step]);
  const read = await target.read(plan.network, [], [], signal);
  assert.ok(read.ok);
  const live: readonly LiveResource[] = [...read.state.live.values()];
  const port = placesPort({
    plan,
    steps: [step],
    targets: new Map([['ams', target]]),
    live,
    before: { [OLD.id]: OLD.body },
    clock: createVirtualClock({ flowing: true }),
  });
  return { target, port };
}

test('a set goes pod by pod, the last one first; what was done already is not done again', async () => {
  const { target, port } = await fixture();
  assert.deepEqual(port.units[0]?.nodes, ['rpc-2', 'rpc-1', 'rpc-0']);
  for (const count of [1, 3, 3]) assert.deepEqual(await port.change(OLD.id, count, signal), { ok: true });
  assert.deepEqual(target.calls.slice(0, 2), [`apply ${OLD.id} partition 2`, `apply ${OLD.id}`]);
  assert.deepEqual(target.objects.get(OLD.id)?.body, NEW.body);
});

test('it restores the old state from every stage, and before the first one', async () => {
  for (const count of [0, 1, 2, 3]) {
    const { target, port } = await fixture();
    if (count > 0) await port.change(OLD.id, count, signal);
    assert.deepEqual(await port.restore(OLD.id, signal), { ok: true });
    assert.deepEqual(await port.restore(OLD.id, signal), { ok: true }, 'also twice');
    assert.deepEqual(target.objects.get(OLD.id)?.body, OLD.body);
  }
});

test('what somebody else made of it is neither changed nor put back', async () => {
  const { target, port } = await fixture();
  await port.change(OLD.id, 1, signal);
  const theirs = set('c');
  target.objects.set(OLD.id, theirs);
  for (const moved of [await port.change(OLD.id, 2, signal), await port.restore(OLD.id, signal)])
    assert.ok(
      !moved.ok && /neither in the state that was planned on nor in the planned state/.test(moved.detail),
    );
  assert.deepEqual(target.objects.get(OLD.id), theirs);
});

test('a node that cannot be reached has no data, and the facts of its place are kept', async () => {
  const { target, port } = await fixture();
  target.healths.set(OLD.id, { state: 'failed', detail: 'no image' });
  const [facts] = await port.facts([{ node: 'rpc-1', version: 'new', since: null }], signal);
  assert.deepEqual([facts?.best, facts?.isRight, facts?.failure], [null, false, 'no image']);
  target.healths.set(OLD.id, { state: 'unknown', detail: 'not heard of' });
  const [silent] = await port.facts([{ node: 'rpc-1', version: 'new', since: null }], signal);
  assert.deepEqual([silent?.isRight, silent?.failure], [null, null]);
  assert.equal(await port.mark(signal), null);
});

test('only resources that run nodes of the network have instances, and a node with a separate set has its own name', () => {
  const live = (name: string, change: Partial<LiveResource>): LiveResource => ({
    id: `ams/StatefulSet/nodes/${name}`,
    place: 'ams',
    kind: 'StatefulSet',
    name,
    network: 'net',
    subject: SUBJECT,
    lifecycle: 'reconcile',
    body: { spec: { replicas: 1 } },
    fingerprint: '',
    ...change,
  });
  const own = { pool: 'v', node: 'v-ams-0', role: 'validator', keySet: 'born.v' } as const;
  const instances = instancesOf(
    [
      live('rpc', { body: { spec: { replicas: 2 } } }),
      live('v-ams-0', { subject: own }),
      live('foreign', { network: 'other' }),
      live('map', { kind: 'ConfigMap' }),
    ],
    'net',
  );
  assert.deepEqual(instances.map(fields('node', 'ordinal', 'signs')), [
    ['rpc-1', 1, false],
    ['rpc-0', 0, false],
    ['v-ams-0', 0, true],
  ]);
});
