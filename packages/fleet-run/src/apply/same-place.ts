import type { Place } from '@watchbill/fleet/graph';

/**
 * Two places of a network that are one, whatever they are called: each would remove what the other has. Null where there
 * are none.
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

/** Equal where two places are one: the same cluster and namespace, or the same machine. */
export function placeKey(place: Place, identity: string | null): string {
  return JSON.stringify([place.target, identity, place.target === 'kubernetes' ? place.namespace : '']);
}
