import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonRecord } from '@watchbill/kit';
import { createVirtualClock } from '@watchbill/kit/testing';
import { FIELD_MANAGER, type KubernetesResource } from '../../file/graph/index.ts';
import { fingerprintOf } from './live-object.ts';
import type { Got, Objects } from './objects.ts';
import { applyObject, removeObject } from './write.ts';

const NEVER = new AbortController().signal;
const ABSENT: Got = { ok: false, failure: { reason: 'not-found', detail: '' } };
const LABEL = { 'f:metadata': { 'f:labels': { 'f:watchbill/network': {} } } };

function object(version: string, ...managers: readonly string[]): JsonRecord {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: 'a',
      namespace: 'nodes',
      uid: 'u',
      resourceVersion: version,
      labels: { 'watchbill/network': 'net' },
      managedFields: managers.map((manager) => ({ manager, operation: 'Apply', fieldsV1: LABEL })),
    },
  };
}

const RESOURCE: KubernetesResource = {
  id: 'ams/ConfigMap/nodes/a',
  target: 'kubernetes',
  place: 'ams',
  kind: 'ConfigMap',
  name: 'a',
  needs: [],
  afterHealthy: [],
  subject: { pool: null, node: null, role: null, keySet: null },
  lifecycle: 'reconcile',
  body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', namespace: 'nodes' } },
};
const REF = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'nodes', name: 'a' };

/** A server that answers so; what is written to it is kept. */
function scripted(get: readonly Got[], patch: readonly Got[]) {
  const written: JsonRecord[] = [];
  let [gets, patches] = [0, 0];
  const objects: Objects = {
    get: async () => get[Math.min(gets++, get.length - 1)] ?? ABSENT,
    list: async () => ({ ok: true, items: [] }),
    patch: async (body) => {
      written.push(body);
      return patch[Math.min(patches++, patch.length - 1)] ?? ABSENT;
    },
    replace: async () => ABSENT,
    remove: async (_ref, options) => {
      written.push(options);
      return { ok: true, object: {} };
    },
  };
  return { settings: { objects, clock: createVirtualClock({ flowing: true }), takeOver: false }, written };
}

const CHANGED: Got = { ok: false, failure: { reason: 'changed', detail: 'modified' } };

test('a write names the object and the version that were looked at', async () => {
  const current = object('7', FIELD_MANAGER);
  const { settings, written } = scripted(
    [{ ok: true, object: current }],
    [{ ok: true, object: object('8', FIELD_MANAGER) }],
  );
  const done = await applyObject(settings, RESOURCE, fingerprintOf(current), NEVER);
  assert.equal(done.outcome, 'done');
  assert.deepEqual(written[0]?.metadata, { name: 'a', namespace: 'nodes', uid: 'u', resourceVersion: '7' });
});

test('an object that was changed after the plan, that came or that went is not written', async () => {
  const current = object('7', FIELD_MANAGER);
  const cases = [
    [{ ok: true, object: current }, 'of another plan'],
    [{ ok: true, object: current }, null],
    [ABSENT, 'of another plan'],
  ] as const;
  for (const [get, basedOn] of cases) {
    const { settings, written } = scripted([get], [{ ok: true, object: current }]);
    assert.equal((await applyObject(settings, RESOURCE, basedOn, NEVER)).outcome, 'changed');
    assert.deepEqual(written, []);
  }
});

test('a version that moved on with its status is looked at again, not for ever', async () => {
  const [seven, eight] = [object('7', FIELD_MANAGER), object('8', FIELD_MANAGER)];
  const passing = scripted(
    [
      { ok: true, object: seven },
      { ok: true, object: eight },
    ],
    [CHANGED, { ok: true, object: eight }],
  );
  assert.equal((await applyObject(passing.settings, RESOURCE, fingerprintOf(seven), NEVER)).outcome, 'done');
  assert.equal(passing.written.length, 2);
  const staying = scripted([{ ok: true, object: seven }], [CHANGED]);
  assert.equal(
    (await applyObject(staying.settings, RESOURCE, fingerprintOf(seven), NEVER)).outcome,
    'changed',
  );
  assert.equal(staying.written.length, 9);
});

test('an object that somebody else made in the same moment is given back', async () => {
  const mixed = object('1', 'somebody', FIELD_MANAGER);
  const { settings, written } = scripted(
    [ABSENT],
    [
      { ok: true, object: mixed },
      { ok: true, object: object('2', 'somebody') },
    ],
  );
  const done = await applyObject(settings, RESOURCE, null, NEVER);
  assert.equal(done.outcome, 'changed');
  assert.match(
    'detail' in done ? done.detail : '',
    /somebody made \S+ \S+ at the same moment; our fields were taken out/,
  );
  assert.deepEqual(written[1], { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' } });
});

test('a removal names the object and the version, and leaves what others made', async () => {
  const own = object('7', FIELD_MANAGER);
  const ours = scripted([{ ok: true, object: own }], []);
  assert.equal((await removeObject(ours.settings, REF, fingerprintOf(own), false, NEVER)).outcome, 'done');
  assert.deepEqual(ours.written[0]?.preconditions, { uid: 'u', resourceVersion: '7' });
  const other = object('7', 'somebody');
  const theirs = scripted([{ ok: true, object: other }], []);
  assert.equal(
    (await removeObject(theirs.settings, REF, fingerprintOf(other), false, NEVER)).outcome,
    'changed',
  );
  assert.deepEqual(theirs.written, []);
});
