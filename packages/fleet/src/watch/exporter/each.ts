/**
 * Runs over all items, a limited number at once. The results have the order of the items. Rejects with the
 * first failure.
 */
export async function eachAtOnce<Item, Result>(
  items: readonly Item[],
  atOnce: number,
  run: (item: Item) => Promise<Result>,
): Promise<readonly Result[]> {
  const results = new Map<number, Result>();
  const left = [...items.entries()].values();
  const worker = async (): Promise<void> => {
    for (const [at, item] of left) results.set(at, await run(item));
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker));
  return items.flatMap((_, at) => (results.has(at) ? [results.get(at) as Result] : []));
}
