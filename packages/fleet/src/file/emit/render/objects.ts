import { isRecord, type Json } from '@watchbill/kit';
import { stringify } from 'yaml';
import type { Graph, KubernetesObject, KubernetesResource } from '../../graph/resource.ts';
import { isBornUse } from '../../graph/unknown-use.ts';

/** Clusters of a graph with their objects, in the order in which they would be applied. */
export function clustersOf(
  { places, resources }: Pick<Graph, 'places' | 'resources'>,
  signers: boolean,
): readonly {
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
      : [
          {
            name: place.name,
            namespace: place.namespace,
            resources: own.map((one) => forOthers(one, signers)),
          },
        ];
  });
}

/**
 * An object as another tool may apply it. Such a tool changes all signers at once, so the pods of a signer
 * wait: the new ones start when a person deletes the old ones, one after the other. It does not look where
 * keys are used either, so a signer with named keys has no pod unless `signers` is set.
 */
function forOthers(resource: KubernetesResource, signers: boolean): KubernetesResource {
  const { body, subject } = resource;
  if (resource.kind !== 'StatefulSet' || subject.keySet === null || !isRecord(body.spec)) return resource;
  const waits = !signers && !isBornUse(subject.keySet);
  const spec = { ...body.spec, ...(waits ? { replicas: 0 } : {}), updateStrategy: { type: 'OnDelete' } };
  return { ...resource, body: { ...body, spec } };
}

/** One document. Texts that old readers of YAML would take for something else are quoted. */
export function yamlText(value: Json | KubernetesObject): string {
  return stringify(value, { lineWidth: 0, version: '1.1', aliasDuplicateObjects: false });
}

/** `service-rpc-main.yaml`: another pool changes no name. */
export function fileName({ kind, name }: KubernetesResource): string {
  return `${kind.toLowerCase()}-${name}.yaml`;
}
