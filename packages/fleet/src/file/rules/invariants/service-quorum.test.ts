import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Json } from '@watchbill/kit';
import { readNetwork } from '../../compile/read.ts';
import type { KubernetesObject, KubernetesResource, Resource } from '../../graph/resource.ts';
import { withAt } from '../../testing/live.ts';
import { IN_CLUSTER, ON_MACHINES, serviceGraph, WITH_ETCD, withService } from '../../testing/services.ts';
import { serviceQuorum } from './service-quorum.ts';

const { resources } = serviceGraph(WITH_ETCD);
const onMachines = serviceGraph(ON_MACHINES, null).resources;
const SET = 'main/StatefulSet/harbour/watch';
const BUDGET = 'main/PodDisruptionBudget/harbour/watch';

/** The breaches after one object was changed. */
function broken(id: string, path: readonly (string | number)[], value: Json | undefined): readonly string[] {
  const all = resources.map((one): Resource => {
    if (one.id !== id || one.target !== 'kubernetes') return one;
    const body = withAt(one.body as Json, path, value) as KubernetesObject;
    return { ...(one as KubernetesResource), body };
  });
  return serviceQuorum(all).map(({ resourceId, what }) => `${resourceId}: ${what}`);
}

describe('each of these is noticed, of the services and of their etcd', () => {
  const cases: readonly (readonly [string, readonly (string | number)[], Json | undefined, RegExp])[] = [
    ['two pods', ['spec', 'replicas'], 2, /not 3 pods/],
    ['pods of other numbers', ['spec', 'ordinals'], { start: 1 }, /other volumes/],
    ['restarts by hand, all at once', ['spec', 'updateStrategy', 'type'], 'OnDelete', /one by one/],
    ['two at a time', ['spec', 'updateStrategy', 'rollingUpdate', 'maxUnavailable'], 2, /one by one/],
    ['an ordered start', ['spec', 'podManagementPolicy'], 'OrderedReady', /wait for each other/],
    ['no claim', ['spec', 'volumeClaimTemplates'], [], /claim of one pod/],
    [
      'a claim of many pods',
      ['spec', 'volumeClaimTemplates', 0, 'spec', 'accessModes'],
      ['ReadWriteMany'],
      /claim of one pod/,
    ],
    [
      'a volume of the pod by the name of the claim',
      ['spec', 'template', 'spec', 'volumes', 0],
      { name: 'data', emptyDir: {} },
      /claim of one pod/,
    ],
    [
      'another volume at /data',
      ['spec', 'template', 'spec', 'containers', 0, 'volumeMounts', 0],
      { name: 'tmp', mountPath: '/data' },
      /claim of one pod/,
    ],
    [
      'volumes that go',
      ['spec', 'persistentVolumeClaimRetentionPolicy', 'whenDeleted'],
      'Delete',
      /go with the set/,
    ],
    [
      'volumes that go with fewer pods',
      ['spec', 'persistentVolumeClaimRetentionPolicy', 'whenScaled'],
      'Delete',
      /go with the set/,
    ],
  ];
  for (const [name, path, value, what] of cases)
    for (const id of [SET, `${SET}-etcd`])
      test(`${name}: ${id}`, () => {
        const found = broken(id, path, value);
        assert.ok(
          found.some((one) => one.startsWith(`${id}: `) && what.test(one)),
          JSON.stringify(found),
        );
      });
});

test('a budget of two, of another kind, or of no pods is noticed', () => {
  assert.match(broken(BUDGET, ['spec', 'maxUnavailable'], 2).join(), /more than one/);
  assert.match(broken(BUDGET, ['spec', 'minAvailable'], 1).join(), /more than one/);
  assert.match(broken(BUDGET, ['spec', 'selector', 'matchLabels'], { a: 'b' }).join(), /no disruption/);
});

test('units that would be changed together, fewer units, or one that cannot be asked are noticed', () => {
  const changed = (change: (one: Resource) => Resource | null) =>
    serviceQuorum(onMachines.flatMap((one) => (one.kind === 'unit' ? (change(one) ?? []) : one))).map(
      ({ what }) => what,
    );
  assert.match(changed((one) => ({ ...one, afterHealthy: [] })).join(), /together with another service/);
  assert.match(changed((one) => (one.place === 'tin' ? null : one)).join(), /not 3 units/);
  const silent = changed((one) =>
    one.target === 'machine' && one.body.kind === 'unit'
      ? { ...one, body: { ...one.body, text: one.body.text.replace(/^Ready=.*$/m, '') } }
      : one,
  );
  assert.match(silent.join(), /the address that shows whether it grants/);
});

test('a patch that weakens the service is refused with its line', () => {
  const patches = [{ kind: 'StatefulSet', name: 'watch', patch: { spec: { replicas: 1 } } }];
  const read = readNetwork(withService(IN_CLUSTER, 'main', { patches }));
  assert.ok(!read.ok);
  assert.match(read.problems.map(({ what }) => what).join(), /patch 1: .*service-quorum/);
});

test('the Secret of the services is reached by no other pod', () => {
  const keys = { session: { source: 'secret', secret: 'watch-tls', types: { babe: 'sr25519' } } };
  const pools = { validators: { role: 'validator', place: 'main', keys } };
  assert.throws(
    () => readNetwork(withService(IN_CLUSTER, null, { pools })),
    /Secret watch-tls would be reached/,
  );
});
