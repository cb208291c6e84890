import type { Json } from '@watchbill/kit';
import {
  type KubernetesObject,
  type KubernetesResource,
  type Lifecycle,
  MARKS,
  type Subject,
} from '../../graph/resource.ts';
import type { ClusterPlace, Network } from '../../normalise/network.ts';
import { kubernetesId, labelsOf } from './names.ts';

/** The common parts of the resources of one cluster. */
export interface ClusterScene {
  readonly network: Network;
  readonly place: ClusterPlace;
}

export interface ResourceInput {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly subject: Subject;
  /** Everything but apiVersion, kind and metadata. */
  readonly content: object;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly needs?: readonly string[];
  readonly afterHealthy?: readonly string[];
  readonly lifecycle?: Lifecycle;
  /** False for what belongs to the cluster as a whole. */
  readonly inNamespace?: boolean;
}

/** A resource with owner marks. `needs` gets the namespace by itself. */
export function kubernetesResource(
  { network, place }: ClusterScene,
  input: ResourceInput,
): KubernetesResource {
  const { apiVersion, kind, name, subject, content, inNamespace = true, lifecycle = 'reconcile' } = input;
  const namespaceId = kubernetesId(place, 'Namespace', place.namespace, false);
  const id = kubernetesId(place, kind, name, inNamespace);
  const annotations = {
    ...input.annotations,
    ...(subject.keySet === null ? {} : { [MARKS.keySet]: subject.keySet }),
    ...(lifecycle === 'create-once' ? { [MARKS.lifecycle]: lifecycle } : {}),
  };
  const body: KubernetesObject = {
    apiVersion,
    kind,
    metadata: {
      name,
      ...(inNamespace ? { namespace: place.namespace } : {}),
      labels: { ...input.labels, ...labelsOf(network, subject) },
      ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
    },
    ...(plain(content) as Record<string, Json>),
  };
  return {
    id,
    target: 'kubernetes',
    place: place.name,
    kind,
    name,
    needs: [...(inNamespace ? [namespaceId] : []), ...(input.needs ?? [])],
    afterHealthy: input.afterHealthy ?? [],
    subject,
    lifecycle,
    body,
  };
}

/** The data of a typed object, without undefined fields. */
function plain(value: unknown): Json {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value as Json;
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
  return Object.fromEntries(entries.map(([key, inner]) => [key, plain(inner)]));
}
