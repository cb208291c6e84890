import type { KubernetesResource, Place } from '@watchbill/fleet/graph';
import type { ObjectRef, Objects } from './objects.ts';

export interface ReadSettings {
  readonly objects: Objects;
  readonly place: Place & { readonly target: 'kubernetes' };
  /** Kind to group and version: what may be of a network. */
  readonly kinds: ReadonlyMap<string, string>;
  readonly takeOver: boolean;
}

export function refOf(resource: KubernetesResource): ObjectRef {
  const { apiVersion, kind, metadata } = resource.body;
  const namespace = typeof metadata.namespace === 'string' ? metadata.namespace : null;
  return { apiVersion, kind, namespace, name: metadata.name };
}
