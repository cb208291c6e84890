import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LiveResource } from '../live/port.ts';
import { liveOf, readsOf } from '../testing/live.ts';
import { readFixture, SOLO } from '../testing/networks.ts';
import type { Step } from './change.ts';
import { checkSteps } from './check.ts';
import { planChanges } from './plan.ts';

const SEEDS = '{session: {source: secret, secret: "{node}", set: same-keys, types: {babe: sr25519}}}';
const NOBODY: ReadonlyMap<string, LiveResource> = new Map();

/** Steps that move a key set from one pool to another, and the live resources before. */
function moved(): { readonly steps: readonly Step[]; readonly live: ReadonlyMap<string, LiveResource> } {
  const of = (pool: string) =>
    readFixture(
      SOLO.replace('validators: {role: validator, count: 3}', `${pool}: {role: validator, keys: ${SEEDS}}`),
    ).graph;
  const [before, after] = [of('first'), of('second')];
  const live = new Map(before.resources.map((one) => [one.id, liveOf(one, 'harbour')]));
  return { steps: planChanges(after, readsOf(before, after)).steps, live };
}

const codes = (steps: readonly Step[], live = NOBODY) => checkSteps(steps, live).map(({ code }) => code);

const loosened = (steps: readonly Step[]) => steps.map((step): Step => ({ ...step, needs: [] }));
const hurried = (steps: readonly Step[]) => steps.map((step): Step => ({ ...step, gate: 'none' }));

test('steps of ours pass', () => {
  const { graph } = readFixture(SOLO);
  assert.deepEqual(codes(planChanges(graph, readsOf(null, graph)).steps), []);
  const { steps, live } = moved();
  assert.deepEqual(codes(steps, live), []);
});

test('signers of a pool that do not wait for each other, or not until the one before is healthy', () => {
  const { steps } = planChanges(readFixture(SOLO).graph, readsOf(null, readFixture(SOLO).graph));
  assert.deepEqual(codes(loosened(steps)), ['signer-replicas', 'signer-replicas']);
  assert.deepEqual(codes(hurried(steps)), ['signer-replicas', 'signer-replicas']);
});

test('a signer that starts before the one that has its keys is gone', () => {
  const { steps, live } = moved();
  assert.deepEqual(codes(loosened(steps), live), ['two-signers']);
  assert.deepEqual(codes(hurried(steps), live), ['two-signers']);
  const onlyStart = steps.filter(({ action }) => action !== 'delete');
  assert.deepEqual(codes(onlyStart, live), ['two-signers']);
});

test('two steps that start signers of one key set', () => {
  const { steps } = moved();
  const [start] = steps.filter(({ action, subject }) => action === 'create' && subject.keySet !== null);
  assert.ok(start !== undefined);
  const again: Step = {
    ...start,
    id: 'create again',
    resourceId: 'main/StatefulSet/harbour/again',
    needs: [start.id],
  };
  assert.deepEqual(codes([...steps, again]), ['two-signers']);
});

test('one that asks before it signs, and starts while one with its keys lives that does not', () => {
  const { steps, live } = moved();
  const used = (use: string) => (step: Step) =>
    step.resource === null || step.resource.subject.keySet === null
      ? step
      : { ...step, resource: { ...step.resource, subject: { ...step.resource.subject, keySet: use } } };
  const gated = steps.map(used('gated.same-keys'));
  assert.deepEqual(codes(gated, live), []);
  const twoSigners = (steps: readonly Step[], before = live) =>
    codes(steps, before).filter((code) => code === 'two-signers');
  assert.deepEqual(twoSigners(loosened(gated)), ['two-signers']);
  const alsoGated = new Map(
    [...live].map(([id, one]) => [id, { ...one, subject: { ...one.subject, keySet: 'gated.same-keys' } }]),
  );
  assert.deepEqual(twoSigners(loosened(gated), alsoGated), [], 'if both ask, neither waits');
  const [start] = gated.filter(
    ({ action, resource }) => action === 'create' && resource?.subject.keySet != null,
  );
  assert.ok(start !== undefined);
  const second = used('set.same-keys')({
    ...start,
    id: 'second',
    resourceId: 'main/StatefulSet/harbour/second',
  });
  assert.deepEqual(twoSigners([start, { ...second, needs: [start.id] }], NOBODY), ['two-signers']);
});

test('a step that touches what holds keys', () => {
  const { steps } = planChanges(readFixture(SOLO).graph, readsOf(null, readFixture(SOLO).graph));
  const [step] = steps;
  assert.ok(step !== undefined);
  for (const kind of ['Secret', 'PersistentVolumeClaim', 'PersistentVolume', 'Namespace', 'directory'])
    for (const action of ['update', 'replace', 'delete'] as const)
      assert.deepEqual(codes([{ ...step, action, resourceId: `main/${kind}/x/y` }]), ['key-loss']);
  const file = 'iron/file//etc/watchbill-fleet/credentials/tide.a-keys.babe.cred';
  assert.deepEqual(codes([{ ...step, action: 'delete', resourceId: file }]), ['key-loss']);
});
