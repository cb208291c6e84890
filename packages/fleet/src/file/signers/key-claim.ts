import { at, records } from '../graph/process.ts';
import type { Resource } from '../graph/resource.ts';
import { isBornUse } from '../graph/unknown-use.ts';
import type { LiveResource } from '../live/port.ts';
import { keystoreOf, storeId } from './keys-seen.ts';

/**
 * Name of the claim with the keys of a signer in a cluster, which stays when its set goes. Null if it has
 * none.
 */
function keyClaimOf({ target, kind, name, body, subject }: Resource): string | null {
  if (target !== 'kubernetes' || kind !== 'StatefulSet' || subject.keySet === null) return null;
  const claims = records(at(body, 'spec', 'volumeClaimTemplates'));
  return claims.some((claim) => at(claim, 'metadata', 'name') === 'keys') ? `keys-${name}-0` : null;
}

/** The keys that a signer has before it starts, if there are any: its claim, or its keystore on a machine. */
export function liveKeyClaim(
  resource: Resource,
  live: ReadonlyMap<string, LiveResource>,
): LiveResource | undefined {
  const { keySet } = resource.subject;
  if (resource.target === 'machine')
    return keySet !== null && isBornUse(keySet)
      ? live.get(storeId(resource.place, keystoreOf(resource.name)))
      : undefined;
  const namespace = at(resource.body, 'metadata', 'namespace');
  return live.get(`${resource.place}/PersistentVolumeClaim/${namespace}/${keyClaimOf(resource)}`);
}

/** From what else a claim was filled, for a person: `PersistentVolumeClaim keys-a-0`. Null: from nothing. */
export function sourceOfClaim({ body }: LiveResource): string | null {
  const source = ['dataSource', 'dataSourceRef'].map((name) => at(body, 'spec', name)).find(Boolean);
  if (source !== undefined) return `${at(source, 'kind')} ${at(source, 'name')}`;
  return at(body, 'spec', 'selector') === undefined ? null : 'a volume that its selector chooses';
}
