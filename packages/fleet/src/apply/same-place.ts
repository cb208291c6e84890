import type { Place } from '../graph/resource.ts';

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
    const where = place.target === 'kubernetes' ? place.namespace : '';
    const key = JSON.stringify([place.target, identities[place.name] ?? null, where]);
    const other = seen.get(key);
    if (other !== undefined) return [other, place.name];
    seen.set(key, place.name);
  }
  return null;
}
