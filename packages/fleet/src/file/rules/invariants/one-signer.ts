import { askingUse, isGatedUse } from '../../graph/key-set.ts';
import { isSigner, processesOf } from '../../graph/process.ts';
import type { Resource } from '../../graph/resource.ts';
import { type KeyHolder, maySignTwice } from '../../signers/law.ts';
import { askedBy } from './asked.ts';
import type { Breach } from './breach.ts';

/**
 * No two resources whose processes have the same keys, unless both ask the same permission services before
 * they sign, according to their command lines; and no signer with an unknown key set.
 */
export function oneSigner(resources: readonly Resource[]): readonly Breach[] {
  const before: KeyHolder[] = [];
  return resources.filter(isSigner).flatMap((resource): readonly Breach[] => {
    const { keySet } = resource.subject;
    const breach = (what: string): Breach => ({ invariant: 'two-signers', resourceId: resource.id, what });
    if (keySet === null) return [breach('it signs, and it is not known with which keys')];
    const own: KeyHolder = { id: resource.id, use: keySet, seen: null };
    // The graph has no public keys: only a name can show that two have the same.
    const other = before.find((one) => maySignTwice(one, own).answer === 'yes');
    before.push(own);
    const asked = isGatedUse(keySet) ? askedBy(processesOf(resource), resource.place) : null;
    return [
      ...(other === undefined ? [] : [breach(`it would sign with the keys ${keySet}, as ${other.id} does`)]),
      ...(isGatedUse(keySet) && asked === null
        ? [
            breach(
              `its mark shows that it asks before it signs with ${keySet}, but its command line does not`,
            ),
          ]
        : []),
      ...(asked !== null && askingUse(keySet, asked) !== keySet
        ? [breach(`its command line names other services than its mark does for ${keySet}`)]
        : []),
    ];
  });
}
