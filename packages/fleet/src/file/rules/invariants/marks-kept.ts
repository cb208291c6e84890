import { at, podTemplate } from '../../graph/process.ts';
import { type KubernetesResource, MARKS, type Resource } from '../../graph/resource.ts';
import type { Breach } from './breach.ts';

/**
 * Every object has the mark of its network, and the marks of its pool, node, role and keys. A plan finds live
 * objects, and the keys that their pods sign with, by these marks alone.
 */
export function marksAreKept(resources: readonly Resource[]): readonly Breach[] {
  const networks = resources.flatMap((one) =>
    one.target === 'kubernetes' ? [at(one.body, 'metadata', 'labels', MARKS.network)] : [],
  );
  const network = networks.find((name) => typeof name === 'string');
  return resources.flatMap((resource) => {
    if (resource.target !== 'kubernetes') return [];
    return missing(resource, String(network)).map(
      (what) => ({ invariant: 'marks-kept', resourceId: resource.id, what }) as const,
    );
  });
}

function missing(resource: KubernetesResource, network: string): readonly string[] {
  const { pool, node, role, keySet } = resource.subject;
  const template = podTemplate(resource);
  const holders = [
    { of: 'its', metadata: at(resource.body, 'metadata') },
    ...(template === null ? [] : [{ of: "its pods'", metadata: at(template, 'metadata') }]),
  ];
  const labels = [
    [MARKS.network, network],
    [MARKS.pool, pool],
    [MARKS.node, node],
    [MARKS.role, role],
  ] as const;
  return holders.flatMap(({ of, metadata }) => [
    ...labels
      .filter(([name, value]) => (at(metadata, 'labels', name) ?? null) !== value)
      .map(([name]) => `${of} label ${name} is missing or another one`),
    ...((at(metadata, 'annotations', MARKS.keySet) ?? null) === keySet
      ? []
      : [`${of} annotation ${MARKS.keySet} does not name its keys`]),
  ]);
}
