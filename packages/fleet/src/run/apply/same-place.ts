import type { Place } from '../../file/graph/index.ts';

/**
 * Two places of a network that are the same under different names: each would remove the objects of the
 * other. Null if there are none.
 */
export function samePlace(
  places: readonly Place[],
  identities: Readonly<Record<string, string>>,
): readonly [string, string] | null {
  const seen = new Map<string, string>();
  for (const place of places) {
    const key = placeKey(place, identities[place.name] ?? null);
    const other = seen.get(key);
    if (other !== undefined) return [other, place.name];
    seen.set(key, place.name);
  }
  return null;
}

/** Equal if two places are the same: the same cluster and namespace, or the same machine. */
export function placeKey(place: Place, identity: string | null): string {
  return JSON.stringify([place.target, identity, place.target === 'kubernetes' ? place.namespace : '']);
}
