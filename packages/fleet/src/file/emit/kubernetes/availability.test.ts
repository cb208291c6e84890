// Tests the care of nodes by the effect of the objects in a cluster: budgets, spread, probes, restricted
// pods, autoscalers.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isRecord, type Json } from '@watchbill/kit';
import { at, records, selects, stepsOf } from '../../graph/process.ts';
import { listensOf, podOf } from './testing/entry.ts';
import { EVERY, NETWORKS, OPEN, objectsOf, ofKind, spec } from './testing/every-role.ts';

describe('every pool is looked after', () => {
  for (const [name, text] of Object.entries(NETWORKS)) {
    const objects = objectsOf(text);
    const sets = ofKind(objects, 'StatefulSet');
    test(`${name}: one node at a time may be taken away, of exactly its pool and place`, () => {
      for (const set of sets) {
        const budgets = ofKind(objects, 'PodDisruptionBudget').filter(
          (budget) => budget.place === set.place && selects(spec(budget, 'selector', 'matchLabels'), set),
        );
        assert.deepEqual(
          budgets.map((budget) => [budget.subject.pool, spec(budget, 'maxUnavailable')]),
          [[set.subject.pool, 1]],
        );
      }
    });
    test(`${name}: nodes of a pool are kept apart; signers rather do not run than share`, () => {
      for (const set of sets) {
        const found = records(podOf(set).pod.topologySpreadConstraints);
        const { pool, role } = set.subject;
        const signer = role === 'validator' || role === 'collator';
        const usual = signer || role === 'boot' ? 'kubernetes.io/hostname' : 'none';
        const asked = SPREAD[name]?.[pool ?? ''] ?? usual;
        const wanted = [1, asked, signer ? 'DoNotSchedule' : 'ScheduleAnyway'];
        assert.deepEqual(
          found.map((one) => [one.maxSkew, one.topologyKey, one.whenUnsatisfiable]),
          asked === 'none' ? [] : [wanted],
          set.id,
        );
        for (const one of found) {
          const apart = sets.filter((other) => selects(at(one.labelSelector, 'matchLabels'), other));
          assert.deepEqual(new Set(apart.map(({ subject }) => subject.pool)), new Set([pool]));
        }
      }
    });
    test(`${name}: alive is who listens; ready to be asked is who is synced`, () => {
      for (const set of sets) {
        const { node } = podOf(set);
        const open = OPEN[name]?.[set.subject.pool ?? ''] !== undefined;
        const ports = new Map(records(node.ports).map((port) => [port.name, port.containerPort]));
        const { p2p, rpc } = listensOf(set);
        assert.equal(ports.get('p2p'), p2p);
        assert.equal(ports.get('rpc'), open ? rpc : undefined, 'only what is served is named');
        const probe = (kind: string) => {
          assert.ok(isRecord(node[kind]), `${set.id} has no ${kind}`);
          return { listens: at(node[kind], 'tcpSocket', 'port'), asks: at(node[kind], 'httpGet') };
        };
        const listens = { listens: 'p2p', asks: undefined };
        assert.deepEqual(probe('livenessProbe'), listens);
        assert.deepEqual(probe('startupProbe'), listens);
        const synced = { listens: undefined, asks: { path: '/health/readiness', port: 'rpc' } };
        assert.deepEqual(probe('readinessProbe'), open ? synced : listens);
        const start = node.startupProbe as { periodSeconds: number; failureThreshold: number };
        assert.ok(start.periodSeconds * start.failureThreshold >= 600, 'time to open a database');
      }
    });
    test(`${name}: pods are restricted, and hold no token of the API`, () => {
      for (const set of sets) {
        const { pod, node } = podOf(set);
        assert.equal(pod.automountServiceAccountToken, false);
        const account = ofKind(objects, 'ServiceAccount').find(
          (one) => one.place === set.place && one.name === pod.serviceAccountName,
        );
        assert.equal(account?.body.automountServiceAccountToken, false);
        for (const key of ['hostNetwork', 'hostPID', 'hostIPC', 'shareProcessNamespace'])
          assert.equal(pod[key], undefined, key);
        const { runAsNonRoot, runAsUser, seccompProfile } = pod.securityContext as Record<string, Json>;
        assert.deepEqual([runAsNonRoot, seccompProfile], [true, { type: 'RuntimeDefault' }]);
        assert.ok(Number(runAsUser) > 0);
        for (const container of [node, ...stepsOf({ spec: pod })])
          assert.deepEqual(container.securityContext, {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ['ALL'] },
          });
        const kinds = records(pod.volumes).flatMap((one) => Object.keys(one).filter((key) => key !== 'name'));
        for (const kind of kinds)
          assert.ok(['configMap', 'emptyDir', 'secret', 'persistentVolumeClaim'].includes(kind), kind);
      }
      for (const { body } of ofKind(objects, 'Namespace'))
        assert.equal(at(body.metadata, 'labels', 'pod-security.kubernetes.io/enforce'), 'restricted');
    });
  }
});

/** Pools of the file that differ from their role: different hosts for signers and boot nodes. */
const SPREAD: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  every: { front: 'topology.kubernetes.io/zone', archive: 'kubernetes.io/hostname', boot: 'none' },
  wide: { boot: 'topology.kubernetes.io/zone' },
  'two places': { rpc: 'topology.kubernetes.io/zone' },
};

/** As in the files: set, minimum, maximum, target. All other sets have a fixed number of nodes. */
const SCALED: Readonly<Record<string, readonly (readonly [string, number, number, number])[]>> = {
  every: [['main/rpc-main', 2, 5, 40]],
  wide: [
    ['east/rpc-east', 2, 9, 200],
    ['west/api-west', 1, 3, 70],
  ],
  'two places': [
    ['frankfurt/rpc-frankfurt', 2, 8, 70],
    ['singapore/rpc-singapore', 2, 8, 70],
  ],
};

test('the sets that are scaled, and no others, have a scaler with the numbers of the file', () => {
  for (const [name, text] of Object.entries(NETWORKS)) {
    const objects = objectsOf(text);
    const found = objects.flatMap((one) => {
      const target = `${one.place}/${String(spec(one, 'scaleTargetRef', 'name'))}`;
      if (one.kind === 'HorizontalPodAutoscaler') {
        const metrics = spec(one, 'metrics');
        const [metric] = records(metrics);
        assert.deepEqual([records(metrics).length, metric?.type], [1, 'Resource']);
        assert.equal(at(metric, 'resource', 'name'), 'cpu');
        assert.equal(at(metric, 'resource', 'target', 'type'), 'Utilization');
        const share = at(metric, 'resource', 'target', 'averageUtilization');
        return [[target, spec(one, 'minReplicas'), spec(one, 'maxReplicas'), share]];
      }
      if (one.kind !== 'ScaledObject') return [];
      const [trigger, ...more] = records(spec(one, 'triggers'));
      assert.deepEqual([trigger?.type, more], ['prometheus', []]);
      const threshold = Number(at(trigger, 'metadata', 'threshold'));
      return [[target, spec(one, 'minReplicaCount'), spec(one, 'maxReplicaCount'), threshold]];
    });
    assert.deepEqual(found.toSorted(), SCALED[name]);
    for (const set of ofKind(objects, 'StatefulSet')) {
      const scaled = found.some(([target]) => target === `${set.place}/${set.name}`);
      assert.equal(typeof spec(set, 'replicas'), scaled ? 'undefined' : 'number', set.id);
      assert.ok(!scaled || set.subject.keySet === null, 'a signer is not scaled');
    }
  }
});

test('KEDA is asked for the sessions that are open now, of the pods of the set and of no other', () => {
  const [scaler] = ofKind(objectsOf(EVERY), 'ScaledObject');
  const [trigger] = records(scaler === undefined ? undefined : spec(scaler, 'triggers'));
  assert.equal(at(trigger, 'metadata', 'serverAddress'), 'http://prometheus.watch:9090');
  const query = String(at(trigger, 'metadata', 'query'));
  const term = /sum\(substrate_rpc_sessions_(\w+)\{namespace="own",pod=~"([^"]+)"\}\)/g;
  const terms = [...query.matchAll(term)];
  assert.equal(query.replaceAll(term, '?'), '? - ?');
  assert.deepEqual(
    terms.map(([, what]) => what),
    ['opened', 'closed'],
  );
  for (const [, , pods = ''] of terms) {
    const fits = (pod: string) => new RegExp(`^(?:${pods})$`).test(pod);
    assert.ok(fits('rpc-main-0') && fits('rpc-main-12'));
    assert.ok(!fits('front-main-0') && !fits('rpc-main-main-0'), 'pods of another pool');
  }
});
