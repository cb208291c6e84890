interface Waiting<Item, Result> {
  readonly item: Item;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Group commit: items that arrive in one turn of the event loop are handled together, by one call. At most as
 * many items wait as there are connections, since each connection has one claim under way.
 */
export function inBatches<Item, Result>(
  handle: (items: readonly Item[]) => readonly Result[],
): (item: Item) => Promise<Result> {
  let waiting: Waiting<Item, Result>[] = [];
  const flush = (): void => {
    const batch = waiting;
    waiting = [];
    try {
      const results = handle(batch.map(({ item }) => item));
      if (results.length !== batch.length) throw new Error('a batch needs one result for each item');
      batch.forEach(({ resolve }, index) => {
        resolve(results[index] as Result);
      });
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  };
  return (item) =>
    new Promise((resolve, reject) => {
      if (waiting.length === 0) setImmediate(flush);
      waiting.push({ item, resolve, reject });
    });
}
