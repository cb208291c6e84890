import type { IScaledObject } from '@kubernetes-models/keda/keda.sh/v1alpha1';
import type { IPodMonitor } from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1';
import type { IHorizontalPodAutoscaler } from 'kubernetes-models/autoscaling/v2';
import type { IPodDisruptionBudget } from 'kubernetes-models/policy/v1';
import { type KubernetesResource, MARKS } from '../../graph/resource.ts';
import { chainsOf, type FleetPool, signs } from '../../normalise/network.ts';
import { kubernetesId, poolSelector, poolSubject, setName } from './names.ts';
import { type ClusterScene, kubernetesResource } from './resource.ts';

/**
 * The objects that keep a pool available: a disruption budget, an autoscaler for nodes without state, a
 * monitor.
 */
export function availabilityOfPool(scene: ClusterScene, pool: FleetPool): readonly KubernetesResource[] {
  return [budget(scene, pool), ...scaler(scene, pool), ...monitor(scene, pool)];
}

/** One node of a pool may be taken away for maintenance at a time. */
function budget(scene: ClusterScene, pool: FleetPool): KubernetesResource {
  const content: Omit<IPodDisruptionBudget, 'apiVersion' | 'kind' | 'metadata'> = {
    spec: { maxUnavailable: 1, selector: { matchLabels: poolSelector(scene.network, pool) } },
  };
  return kubernetesResource(scene, {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    name: setName(pool, scene.place.name),
    subject: poolSubject(pool),
    content,
  });
}

function scaler(scene: ClusterScene, pool: FleetPool): readonly KubernetesResource[] {
  const { autoscale } = pool.settings;
  // The rules refuse it with a place in the file; a graph has none in any case.
  if (autoscale === null || signs(pool.role)) return [];
  const name = setName(pool, scene.place.name);
  const target = { apiVersion: 'apps/v1', kind: 'StatefulSet', name };
  const common = {
    name,
    subject: poolSubject(pool),
    needs: [kubernetesId(scene.place, 'StatefulSet', name)],
  };
  if (autoscale.by === 'cpu') {
    const content: Omit<IHorizontalPodAutoscaler, 'apiVersion' | 'kind' | 'metadata'> = {
      spec: {
        scaleTargetRef: target,
        minReplicas: autoscale.min,
        maxReplicas: autoscale.max,
        metrics: [
          {
            type: 'Resource',
            resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: autoscale.target } },
          },
        ],
      },
    };
    return [
      kubernetesResource(scene, {
        apiVersion: 'autoscaling/v2',
        kind: 'HorizontalPodAutoscaler',
        ...common,
        content,
      }),
    ];
  }
  const content: Omit<IScaledObject, 'apiVersion' | 'kind' | 'metadata'> = {
    spec: {
      scaleTargetRef: target,
      minReplicaCount: autoscale.min,
      maxReplicaCount: autoscale.max,
      triggers: [
        {
          type: 'prometheus',
          metadata: {
            serverAddress: autoscale.prometheus ?? '',
            query: sessionsQuery(scene.place.namespace, name),
            threshold: `${autoscale.target}`,
          },
        },
      ],
    },
  };
  return [
    kubernetesResource(scene, { apiVersion: 'keda.sh/v1alpha1', kind: 'ScaledObject', ...common, content }),
  ];
}

/** Open sessions of all pods: opened less closed, both counted by the node since it started. */
function sessionsQuery(namespace: string, set: string): string {
  const of = (what: string) =>
    `sum(substrate_rpc_sessions_${what}{namespace="${namespace}",pod=~"${set}-[0-9]+"})`;
  return `${of('opened')} - ${of('closed')}`;
}

function monitor(scene: ClusterScene, pool: FleetPool): readonly KubernetesResource[] {
  const { metrics, podMonitor } = pool.settings.monitoring;
  if (!metrics || !podMonitor) return [];
  const ports = ['metrics', ...(chainsOf(scene.network, pool).beside === null ? [] : ['relay-metrics'])];
  const content: Omit<IPodMonitor, 'apiVersion' | 'kind' | 'metadata'> = {
    spec: {
      selector: { matchLabels: poolSelector(scene.network, pool) },
      podMetricsEndpoints: ports.map((port) => ({ port, interval: '15s', relabelings: alertLabels(pool) })),
    },
  };
  return [
    kubernetesResource(scene, {
      apiVersion: 'monitoring.coreos.com/v1',
      kind: 'PodMonitor',
      name: setName(pool, scene.place.name),
      subject: poolSubject(pool),
      content,
    }),
  ];
}

/** The labels by which alerts name a network, a pool, a role and a node. */
function alertLabels({ settings }: FleetPool): { sourceLabels: string[]; targetLabel: string }[] {
  const label = (name: string) => `__meta_kubernetes_pod_label_${name.replace(/[^a-z]/g, '_')}`;
  const from = (source: string, targetLabel: string) => ({ sourceLabels: [source], targetLabel });
  return [
    from(label(MARKS.network), 'network'),
    from(label(MARKS.pool), 'pool'),
    from(label(MARKS.role), 'role'),
    from(settings.layout === 'one-set' ? '__meta_kubernetes_pod_name' : label(MARKS.node), 'instance'),
  ];
}
