/** Runs pieces of work with the same name one after another. What waits is bounded by the claims in flight. */
export interface NamedMutex {
  run<Result>(name: string, work: () => Promise<Result>): Promise<Result>;
}

export function createNamedMutex(): NamedMutex {
  const tails = new Map<string, Promise<unknown>>();
  return {
    async run(name, work) {
      const before = tails.get(name);
      const own = (async () => {
        if (before !== undefined) await before.catch(() => undefined);
        return work();
      })();
      tails.set(name, own);
      try {
        return await own;
      } finally {
        if (tails.get(name) === own) tails.delete(name);
      }
    },
  };
}
