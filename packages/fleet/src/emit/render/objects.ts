import { isRecord, type Json } from '@watchbill/base';
import { stringify } from 'yaml';
import type { Graph, KubernetesObject, KubernetesResource } from '../../graph/resource.ts';

/** Clusters of a graph with their objects, in the order in which they would be applied. */
export function clustersOf({ places, resources }: Pick<Graph, 'places' | 'resources'>): readonly {
  readonly name: string;
  readonly namespace: string;
  readonly resources: readonly KubernetesResource[];
}[] {
  return places.flatMap((place) => {
    if (place.target !== 'kubernetes') return [];
    const own = resources
      .filter((one) => one.target === 'kubernetes')
      .filter((one) => one.place === place.name);
    return own.length === 0
      ? []
      : [{ name: place.name, namespace: place.namespace, resources: own.map(forOthers) }];
  });
}

/**
 * An object as another tool may apply it. Such a tool changes all signers at once, so the pods of a signer wait: the new
 * ones start when a person deletes the old ones, one after the other.
 */
function forOthers(resource: KubernetesResource): KubernetesResource {
  const { body, subject } = resource;
  if (resource.kind !== 'StatefulSet' || subject.keySet === null || !isRecord(body.spec)) return resource;
  const spec = { ...body.spec, updateStrategy: { type: 'OnDelete' } };
  return { ...resource, body: { ...body, spec } };
}

/** One document. Texts that old readers of YAML would take for something else are quoted. */
export function yamlText(value: Json | KubernetesObject): string {
  return stringify(value, { lineWidth: 0, version: '1.1', aliasDuplicateObjects: false });
}

/** `03-service-rpc-main.yaml`. */
export function fileName({ kind, name }: KubernetesResource, index: number): string {
  return `${String(index + 1).padStart(3, '0')}-${kind.toLowerCase()}-${name}.yaml`;
}
