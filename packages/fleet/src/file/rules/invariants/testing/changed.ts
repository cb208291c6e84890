import assert from 'node:assert/strict';
import type { Json } from '@watchbill/kit';
import type { KubernetesObject, KubernetesResource, Resource } from '../../../graph/resource.ts';
import { withAt } from '../../../testing/live.ts';
import { readFixture, WIDE } from '../../../testing/networks.ts';
import { breachesOf } from '../check.ts';

/**
 * A name and a test for each change to a graph.
 * @param breaches the changes by name, by the invariant that must notice each of them
 */
export const breachTests = (
  breaches: Readonly<Record<string, Readonly<Record<string, () => readonly Resource[]>>>>,
) =>
  Object.entries(breaches).flatMap(([invariant, cases]) =>
    Object.entries(cases).map(([change, make]) => ({
      name: `${invariant}: ${change}`,
      run: () => {
        const found: readonly string[] = breachesOf(make()).map((breach) => breach.invariant);
        assert.ok(found.includes(invariant), `found: ${found.join(', ') || 'nothing'}`);
      },
    })),
  );

/** The graph of a file with every kind of object; it breaks no rule. */
export const { resources } = readFixture(WIDE).graph;

/** The resources with one of them changed. */
export function changed(
  id: string,
  change: (resource: Resource) => Resource,
  all = resources,
): readonly Resource[] {
  assert.ok(
    all.some((resource) => resource.id === id),
    `there is ${id}`,
  );
  return all.map((resource) => (resource.id === id ? change(resource) : resource));
}

/** With a part of the object of one of them changed. */
export function body(
  id: string,
  path: readonly (string | number)[],
  value: Json | undefined,
): readonly Resource[] {
  return changed(id, (resource) => ({
    ...(resource as KubernetesResource),
    body: withAt(resource.body as Json, path, value) as KubernetesObject,
  }));
}

/** With one more object, in a namespace that has signers. */
export function more(
  kind: string,
  content: object,
  place = 'east',
  namespace = 'nodes',
): readonly Resource[] {
  const added: KubernetesResource = {
    id: `${place}/${kind}/${namespace}/added`,
    target: 'kubernetes',
    place,
    kind,
    name: 'added',
    needs: [],
    afterHealthy: [],
    subject: { pool: null, node: null, role: null, keySet: null },
    lifecycle: 'reconcile',
    body: {
      apiVersion: 'v1',
      kind,
      metadata: { name: 'added', namespace, labels: { 'watchbill/network': 'wide' } },
      ...content,
    } as KubernetesObject,
  };
  return [...resources, added];
}
