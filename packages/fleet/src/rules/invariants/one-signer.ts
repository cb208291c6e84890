import { excludes, isGatedUse } from '../../graph/key-set.ts';
import type { Resource } from '../../graph/resource.ts';
import type { Breach } from './breach.ts';
import { flagValue, halves, isSigner, processesOf } from './process.ts';

/**
 * No two resources whose processes have the same keys, unless both ask a permission service before they sign, as their command lines say;
 * and no signer whose key set is not known.
 */
export function oneSigner(resources: readonly Resource[]): readonly Breach[] {
  const before: { readonly id: string; readonly keySet: string }[] = [];
  return resources.filter(isSigner).flatMap((resource): readonly Breach[] => {
    const { keySet } = resource.subject;
    const breach = (what: string): Breach => ({ invariant: 'two-signers', resourceId: resource.id, what });
    if (keySet === null) return [breach('it signs, and with which keys is not known')];
    const other = before.find((one) => excludes(one.keySet, keySet));
    before.push({ id: resource.id, keySet });
    return [
      ...(other === undefined ? [] : [breach(`it would sign with the keys ${keySet}, as ${other.id} does`)]),
      ...(isGatedUse(keySet) && !asks(resource)
        ? [breach(`it is said to ask before it signs with ${keySet}, and its command line does not say so`)]
        : []),
    ];
  });
}

/** Whether every process that signs is told to ask, and whom. */
function asks(resource: Resource): boolean {
  const signing = processesOf(resource).filter(
    ({ words }) => words.includes('--validator') || words.includes('--collator'),
  );
  return (
    signing.length > 0 &&
    signing.every(({ words }) => {
      const [own = []] = halves(words);
      return flagValue(own, '--duty') === 'claims' && typeof flagValue(own, '--duty-service') === 'string';
    })
  );
}
