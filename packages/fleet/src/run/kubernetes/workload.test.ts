import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonRecord } from '@watchbill/kit';
import { isPodOf, podFacts } from './pods.ts';
import { workloadHealth } from './workload.ts';

const NEW = 'rpc-new';

function set(change: JsonRecord = {}): JsonRecord {
  return {
    kind: 'StatefulSet',
    metadata: { generation: 2 },
    spec: { replicas: 2 },
    status: { observedGeneration: 2, updateRevision: NEW },
    ...change,
  };
}

function pod(
  index: number,
  change: { ready?: string; revision?: string; ending?: boolean; waiting?: string } = {},
): JsonRecord {
  const { ready = 'True', revision = NEW, ending = false, waiting } = change;
  return {
    metadata: {
      name: `rpc-${index}`,
      labels: { 'controller-revision-hash': revision },
      ...(ending ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {}),
    },
    status: {
      conditions: [{ type: 'Ready', status: ready }],
      containerStatuses: [
        { name: 'node', state: waiting === undefined ? {} : { waiting: { reason: waiting } } },
      ],
    },
  };
}

function state(object: JsonRecord, ...pods: readonly JsonRecord[]): string {
  const health = workloadHealth(object, pods.map(podFacts));
  return 'detail' in health ? `${health.state}: ${health.detail}` : health.state;
}

test('a set is healthy when all its pods are there, ready and of the new revision', () => {
  assert.equal(state(set(), pod(0), pod(1)), 'healthy');
  assert.equal(state(set(), pod(0)), 'waiting: 1 of 2 pods are there');
  assert.equal(state(set(), pod(0), pod(1), pod(2)), 'waiting: 3 of 2 pods are there');
  assert.equal(state(set(), pod(0), pod(1, { ready: 'False' })), 'waiting: not ready: rpc-1');
  assert.equal(state(set(), pod(0), pod(1, { ending: true })), 'waiting: ending: rpc-1');
  assert.equal(state(set(), pod(0, { revision: 'rpc-old' }), pod(1)), 'waiting: not replaced yet: rpc-0');
});

test('below the partition a pod may be of the revision before', () => {
  const held = set({ spec: { replicas: 2, updateStrategy: { rollingUpdate: { partition: 1 } } } });
  assert.equal(state(held, pod(0, { revision: 'rpc-old' }), pod(1)), 'healthy');
  assert.equal(state(held, pod(0), pod(1, { revision: 'rpc-old' })), 'waiting: not replaced yet: rpc-1');
});

test('before its controller has seen the change its state is unknown', () => {
  const unseen = set({ metadata: { generation: 3 } });
  assert.equal(state(unseen, pod(0), pod(1)), 'waiting: its controller has not seen the change yet');
});

test('an image that cannot be had fails, and a lost machine is not taken for either', () => {
  assert.match(
    state(set(), pod(0), pod(1, { waiting: 'ImagePullBackOff' })),
    /^failed: rpc-1: node: ImagePullBackOff/,
  );
  assert.match(state(set(), pod(0), pod(1, { ready: 'False', waiting: 'CrashLoopBackOff' })), /^waiting/);
  assert.match(state(set(), pod(0), pod(1, { ready: 'Unknown' })), /^unknown/);
});

test('a pod belongs to its owner, or by its name once it was orphaned', () => {
  const owned = (name: string): JsonRecord => ({
    metadata: { name: 'rpc-0', ownerReferences: [{ kind: 'StatefulSet', name }] },
  });
  assert.ok(isPodOf(owned('rpc'), 'StatefulSet', 'rpc'));
  assert.ok(!isPodOf(owned('other'), 'StatefulSet', 'rpc'));
  assert.ok(isPodOf({ metadata: { name: 'rpc-12' } }, 'StatefulSet', 'rpc'));
  assert.ok(!isPodOf({ metadata: { name: 'rpc-a-0' } }, 'StatefulSet', 'rpc'));
  assert.ok(!isPodOf({ metadata: { name: 'rpc-' } }, 'StatefulSet', 'rpc'));
});
