import type { IStatefulSet } from 'kubernetes-models/apps/v1';
import { type KubernetesResource, MARKS, type Subject } from '../../graph/resource.ts';
import { type FleetNode, type FleetPool, keySetOf, signs } from '../../normalise/network.ts';
import { labelsOf, nodeSelector, nodeSubject, poolSelector, poolSubject, setName } from './names.ts';
import { podSpec } from './pod.ts';
import type { PodInput } from './pod-input.ts';
import { volumeClaims } from './pod-volumes.ts';
import { type ClusterScene, kubernetesResource } from './resource.ts';

type SetContent = Omit<IStatefulSet, 'apiVersion' | 'kind' | 'metadata'>;

export type PodParts = Omit<PodInput, 'node' | 'shared' | 'scene'>;

/** The set of one node: one pod with separate volumes, independent of the other nodes of the pool. */
export function setOfNode(
  scene: ClusterScene,
  pool: FleetPool,
  node: FleetNode,
  parts: PodParts,
  order: { readonly needs: readonly string[]; readonly afterHealthy: readonly string[] },
): KubernetesResource {
  const subject = { ...nodeSubject(node), keySet: keySetOf(node, scene.network.name) };
  const input: PodInput = { ...parts, scene, node, shared: false };
  const content = setContent(input, subject, setName(pool, node.place), 1, nodeSelector(scene.network, node));
  return kubernetesResource(scene, {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    name: node.name,
    subject,
    content,
    ...ownMarks(node),
    ...order,
  });
}

/**
 * The set of a pool with identical nodes. An autoscaled set has no number of replicas: its autoscaler sets
 * it.
 */
export function setOfPool(
  scene: ClusterScene,
  pool: FleetPool,
  first: FleetNode,
  parts: PodParts,
  needs: readonly string[],
): KubernetesResource {
  const subject = poolSubject(pool);
  const count = pool.places.get(scene.place.name) ?? 0;
  const input: PodInput = { ...parts, scene, node: first, shared: true };
  const name = setName(pool, scene.place.name);
  const replicas = pool.settings.autoscale === null ? count : null;
  const content = setContent(input, subject, name, replicas, poolSelector(scene.network, pool));
  return kubernetesResource(scene, {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    name,
    subject,
    content,
    ...ownMarks(pool),
    needs,
  });
}

/**
 * Labels and annotations of the file. Our marks come after them, so that none of them can take a mark's
 * place.
 */
function ownMarks({ settings: { labels, annotations } }: FleetNode | FleetPool): {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
} {
  return { labels, annotations };
}

function setContent(
  input: PodInput,
  subject: Subject,
  serviceName: string,
  replicas: number | null,
  matchLabels: Record<string, string>,
): SetContent {
  const own = input.node.settings;
  const labels = { ...own.labels, ...labelsOf(input.scene.network, subject) };
  const annotations = {
    ...own.annotations,
    ...(subject.keySet === null ? {} : { [MARKS.keySet]: subject.keySet }),
  };
  return {
    spec: {
      serviceName,
      ...(replicas === null ? {} : { replicas }),
      selector: { matchLabels },
      podManagementPolicy: signs(input.node.role) ? 'OrderedReady' : 'Parallel',
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } },
      // Volumes hold chains and keys, so deleting or scaling a set never removes them.
      persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
      revisionHistoryLimit: 10,
      template: {
        // This annotation alone names the keys of a pod that outlives its set or waits for its replacement.
        // Other keys change the template, so the pod is recreated even if the Secret keeps its name.
        metadata: {
          labels,
          ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
        },
        spec: podSpec(input),
      },
      volumeClaimTemplates: volumeClaims(input),
    },
  };
}
