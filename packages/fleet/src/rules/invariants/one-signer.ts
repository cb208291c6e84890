import type { Resource } from '../../graph/resource.ts';
import type { Breach } from './breach.ts';
import { isSigner } from './process.ts';

/** At most one resource for each key set, and no signer whose key set is not known. */
export function oneSigner(resources: readonly Resource[]): readonly Breach[] {
  const first = new Map<string, string>();
  return resources.filter(isSigner).flatMap((resource): readonly Breach[] => {
    const { keySet } = resource.subject;
    const breach = (what: string): Breach => ({ invariant: 'two-signers', resourceId: resource.id, what });
    if (keySet === null) return [breach('it signs, and with which keys is not known')];
    const before = first.get(keySet);
    if (before !== undefined) return [breach(`it would sign with the keys ${keySet}, as ${before} does`)];
    first.set(keySet, resource.id);
    return [];
  });
}
