import { z } from 'zod';

/**
 * Kinds of objects that a patch may change. A Namespace is created once and never changed afterwards; a
 * ConfigMap is immutable.
 */
export const PATCHABLE = [
  'StatefulSet',
  'Service',
  'ServiceAccount',
  'NetworkPolicy',
  'PodDisruptionBudget',
  'HorizontalPodAutoscaler',
  'ScaledObject',
  'PodMonitor',
  'HTTPRoute',
] as const;

/** A change of one object, or of all objects of one kind in a pool. */
export const patchShape = z
  .strictObject({
    kind: z.enum(PATCHABLE).describe('Kind of the object.'),
    name: z.string().max(253).optional().describe('Name of the object, as `fleet file render` shows it.'),
    pool: z.string().max(20).optional().describe('Or a pool: all its objects of that kind.'),
    place: z.string().max(20).optional().describe('Only in this cluster. Left out: in every cluster.'),
    patch: z
      .record(z.string(), z.unknown())
      .describe(
        'Strategic merge: sections are joined, null removes a key, containers are matched by name, volume mounts by mountPath, ports by port; other lists are replaced.',
      ),
  })
  .refine(({ name, pool }) => (name === undefined) !== (pool === undefined), {
    error: 'expected name or pool, one of the two',
  });
export type Patch = z.infer<typeof patchShape>;
