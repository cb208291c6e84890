import { isRecord, type Json } from '../../canonical/json.ts';
import type { Resource } from '../../graph/resource.ts';
import type { Breach } from './breach.ts';
import { at, podTemplate } from './process.ts';

/** Keys of objects that name a Secret, with the key under which its name stands. */
const NAMED_BY: Readonly<Record<string, string>> = {
  secret: 'secretName',
  secretRef: 'name',
  secretKeyRef: 'name',
};

/** Whatever Secret a pod reaches, no other pod reaches: they hold seeds and node keys, and nothing else. */
export function seedsAreApart(resources: readonly Resource[]): readonly Breach[] {
  const first = new Map<string, string>();
  return resources.flatMap((resource): readonly Breach[] => {
    const template = podTemplate(resource);
    if (template === null || resource.target !== 'kubernetes') return [];
    const breach = (what: string): Breach => ({ invariant: 'seed-shared', resourceId: resource.id, what });
    const secrets = [...new Set(secretsIn(template))];
    const namespace = String(at(resource.body, 'metadata', 'namespace'));
    const shared = secrets.flatMap((secret) => {
      const where = `${resource.place}/${namespace}/${secret}`;
      const before = first.get(where);
      if (before !== undefined && before !== resource.id)
        return [breach(`Secret ${secret} would be reached by ${before} too`)];
      first.set(where, resource.id);
      return [];
    });
    const once = resource.kind === 'Pod' || at(resource.body, 'spec', 'replicas') === 1;
    if (secrets.length > 0 && !once)
      return [...shared, breach(`Secret ${secrets.join(', ')} would be reached by more than one pod`)];
    return shared;
  });
}

function secretsIn(value: Json): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(secretsIn);
  if (!isRecord(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const named = NAMED_BY[key];
    const name = named !== undefined && isRecord(inner) ? (inner[named] ?? inner.name) : undefined;
    return typeof name === 'string' ? [name] : secretsIn(inner);
  });
}
