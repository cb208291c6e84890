import type { JsonRecord } from '@watchbill/kit';
import { at, records } from './process.ts';
import type { KubernetesResource, Resource } from './resource.ts';

/** Claims that the pods of a set use, one for each pod: `TEMPLATE-SET-ORDINAL`. */
export interface TemplateClaims {
  readonly template: JsonRecord;
  /** Name of the template: `data`. */
  readonly volume: string;
  readonly namespace: string;
  readonly names: readonly string[];
}

/**
 * The claims of a set, by template; `all` has its autoscaler, whose largest number of pods counts. Empty for
 * other resources.
 */
export function templateClaims(set: Resource, all: readonly Resource[]): readonly TemplateClaims[] {
  if (set.target !== 'kubernetes' || set.kind !== 'StatefulSet') return [];
  const pods = podsOf(set, all);
  return records(at(set.body, 'spec', 'volumeClaimTemplates')).map((template) => {
    const volume = String(at(template, 'metadata', 'name'));
    const names = Array.from({ length: pods }, (_, ordinal) => `${volume}-${set.name}-${ordinal}`);
    return { template, volume, namespace: String(set.body.metadata.namespace), names };
  });
}

function podsOf(set: KubernetesResource, all: readonly Resource[]): number {
  const declared = at(set.body, 'spec', 'replicas');
  if (typeof declared === 'number') return declared;
  const most = all.flatMap(({ place, body }) => {
    const spec = place === set.place && 'spec' in body ? body.spec : undefined;
    const isOfSet = at(spec, 'scaleTargetRef', 'name') === set.name;
    return isOfSet ? [Number(at(spec, 'maxReplicas') ?? at(spec, 'maxReplicaCount'))] : [];
  });
  return Math.max(1, ...most);
}
