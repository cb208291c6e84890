/**
 * When all places are taken: the item that must leave so that `owner` gets one, the oldest of the owner with
 * the most. Null if that one would then have fewer than `owner`. `items` are in the order of their age.
 */
export function oldestOfMost<T>(items: Iterable<T>, ownerOf: (item: T) => string, owner: string): T | null {
  const owned = new Map<string, { count: number; readonly oldest: T }>();
  let most = { count: 0, oldest: null as T | null };
  for (const item of items) {
    const name = ownerOf(item);
    const own = owned.get(name) ?? { count: 0, oldest: item };
    own.count += 1;
    owned.set(name, own);
    if (own.count > most.count) most = own;
  }
  return most.count > (owned.get(owner)?.count ?? 0) + 1 ? most.oldest : null;
}
