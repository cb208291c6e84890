import type { KubernetesResource, Place } from '../../file/graph/index.ts';
import type { ObjectRef, Objects } from './objects.ts';

export interface ReadSettings {
  readonly objects: Objects;
  readonly place: Place & { readonly target: 'kubernetes' };
  /** Group and version of each kind that a network may be made of. */
  readonly kinds: ReadonlyMap<string, string>;
  readonly takeOver: boolean;
  /** As in `Target.read`. */
  readonly isKeyed?: boolean | undefined;
}

export function refOf(resource: KubernetesResource): ObjectRef {
  const { apiVersion, kind, metadata } = resource.body;
  const namespace = typeof metadata.namespace === 'string' ? metadata.namespace : null;
  return { apiVersion, kind, namespace, name: metadata.name };
}
