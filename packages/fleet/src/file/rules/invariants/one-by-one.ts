import { isSigner } from '../../graph/process.ts';
import type { Resource } from '../../graph/resource.ts';
import type { Breach } from './breach.ts';

/** In each pool, every signer but the first waits until the one before it is healthy. */
export function oneByOne(resources: readonly Resource[]): readonly Breach[] {
  const pools = new Map<string, Resource[]>();
  for (const resource of resources.filter(isSigner)) {
    const pool = resource.subject.pool ?? '';
    pools.set(pool, [...(pools.get(pool) ?? []), resource]);
  }
  return [...pools.values()].flatMap((signers) =>
    signers.flatMap((signer, index): readonly Breach[] => {
      const before = signers[index - 1];
      if (before === undefined || signer.afterHealthy.includes(before.id)) return [];
      const what = `it would be changed while ${before.name} is not verified yet`;
      return [{ invariant: 'one-by-one', resourceId: signer.id, what }];
    }),
  );
}
