import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Json } from '@watchbill/kit';
import { type Failure, failureOf } from './refusal.ts';

function failure(status: number, body: Readonly<Record<string, Json>>): Failure {
  return failureOf({ kind: 'answer', status, body });
}

test('a conflict names the field and the manager', () => {
  const causes = [
    {
      reason: 'FieldManagerConflict',
      message: 'conflict with "kubectl-edit" using apps/v1',
      field: '.spec.replicas',
    },
    { reason: 'FieldManagerConflict', message: 'conflict with "hpa" using apps/v1', field: '.spec.minReady' },
  ];
  assert.deepEqual(failure(409, { reason: 'Conflict', message: 'Apply failed', details: { causes } }), {
    reason: 'conflict',
    detail: 'set by another manager: .spec.replicas (kubectl-edit), .spec.minReady (hpa)',
  });
});

test('a newer version, and a taken name, are distinguished from a conflict of managers', () => {
  assert.equal(
    failure(409, { reason: 'Conflict', message: 'the object has been modified' }).reason,
    'changed',
  );
  assert.equal(failure(409, { reason: 'AlreadyExists', message: 'exists' }).reason, 'exists');
});

test('only what cannot be changed in place asks for a replacement', () => {
  const immutable = {
    message: 'StatefulSet.apps "a" is invalid',
    details: {
      causes: [
        {
          message: 'Forbidden: updates to statefulset spec for fields other than ... are forbidden',
          field: 'spec',
        },
      ],
    },
  };
  assert.equal(failure(422, immutable).reason, 'immutable');
  const both = {
    ...immutable,
    details: {
      causes: [...immutable.details.causes, { message: 'Required value', field: 'spec.serviceName' }],
    },
  };
  assert.equal(failure(422, both).reason, 'invalid');
  assert.equal(
    failure(422, { message: 'spec.clusterIP: Invalid value: field is immutable' }).reason,
    'immutable',
  );
});

test('a forbidden request is distinguished from an unknown kind', () => {
  assert.equal(failure(403, { message: 'pods is forbidden' }).reason, 'forbidden');
  assert.equal(failure(401, { message: 'Unauthorized' }).reason, 'forbidden');
  assert.equal(failure(404, { message: 'not found' }).reason, 'not-found');
  assert.equal(failure(500, { message: 'etcdserver: request timed out' }).reason, 'unknown');
  const away = failureOf({ kind: 'unreachable', detail: 'connection refused' });
  assert.deepEqual(away, { reason: 'unreachable', detail: 'connection refused' });
  assert.equal(failureOf({ kind: 'lost', detail: 'no answer' }).reason, 'unknown');
});

test('a right that RBAC misses comes with the rule that grants it, in a Role or for the whole cluster', () => {
  const detail = (message: string) => failure(403, { message }).detail;
  const inNamespace =
    'pods is forbidden: User "ann" cannot list resource "pods" in API group "" in the namespace "estuary"';
  assert.equal(
    detail(inNamespace),
    `${inNamespace}. To grant it, add to a Role of the namespace estuary: {apiGroups: [""], resources: [pods], verbs: [list]}`,
  );
  const wide = 'x is forbidden: User "ann" cannot list resource "x" in API group "apps" at the cluster scope';
  assert.match(
    detail(wide),
    /add to a ClusterRole: \{apiGroups: \["apps"\], resources: \[x\], verbs: \[list\]\}$/,
  );
  const one =
    'x is forbidden: User "ann" cannot get resource "namespaces" in API group "" in the namespace "kube-system"';
  assert.match(detail(one), /add to a ClusterRole/);
  assert.equal(detail('a policy denied it'), 'a policy denied it');
});
