import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Json, JsonRecord } from '@watchbill/kit';
import { FIELD_MANAGER, MARKS, type Place } from '../../file/graph/index.ts';
import { bodyOf, fingerprintOf, liveResource } from './live-object.ts';

const PLACE: Place = { target: 'kubernetes', name: 'ams', context: null, namespace: 'nodes' };
const LABEL_IS_OURS = { 'f:metadata': { 'f:labels': { [`f:${MARKS.network}`]: {} } } };

function managed(...entries: readonly Json[]): JsonRecord {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: 'a',
      namespace: 'nodes',
      uid: 'uid-1',
      resourceVersion: '7',
      labels: { [MARKS.network]: 'net' },
      managedFields: entries,
    },
    data: { a: '1' },
    status: { seen: 1 },
  };
}

const OURS = { manager: FIELD_MANAGER, operation: 'Apply', fieldsV1: LABEL_IS_OURS };

test('what we made is ours; a label that somebody else wrote makes nothing ours', () => {
  assert.equal(liveResource(PLACE, managed(OURS)).network, 'net');
  for (const entry of [
    { manager: 'kubectl', operation: 'Update', fieldsV1: LABEL_IS_OURS },
    { manager: FIELD_MANAGER, operation: 'Update', fieldsV1: LABEL_IS_OURS },
    { manager: FIELD_MANAGER, operation: 'Apply', fieldsV1: { 'f:data': { 'f:a': {} } } },
  ])
    assert.equal(liveResource(PLACE, managed(entry)).network, null);
});

test('a fingerprint follows identity and meaning, not status nor version', () => {
  const object = managed(OURS);
  const metadata = object.metadata as JsonRecord;
  const same = {
    ...object,
    status: { seen: 2 },
    metadata: { ...metadata, resourceVersion: '8', generation: 3 },
  };
  assert.equal(fingerprintOf(same), fingerprintOf(object));
  assert.notEqual(fingerprintOf({ ...object, data: { a: '2' } }), fingerprintOf(object));
  assert.notEqual(
    fingerprintOf({ ...object, metadata: { ...metadata, uid: 'uid-2' } }),
    fingerprintOf(object),
  );
});

test('a number of replicas counts where we set it, and is left to an autoscaler where we do not', () => {
  const setting = { ...OURS, fieldsV1: { ...LABEL_IS_OURS, 'f:spec': { 'f:replicas': {} } } };
  const of = (replicas: number, entry: Json) => fingerprintOf({ ...managed(entry), spec: { replicas } });
  assert.notEqual(of(2, setting), of(3, setting));
  assert.equal(of(2, OURS), of(3, OURS));
});

test('no value of a Secret is kept', () => {
  const secret = {
    ...managed(OURS),
    kind: 'Secret',
    data: { key: 'c2VjcmV0' },
    stringData: { other: 'hidden' },
  };
  const text = JSON.stringify(liveResource(PLACE, secret));
  assert.ok(!text.includes('c2VjcmV0') && !text.includes('hidden'));
  assert.notDeepEqual(bodyOf(secret), bodyOf({ ...secret, data: { key: 'b3RoZXI=' } }));
});
