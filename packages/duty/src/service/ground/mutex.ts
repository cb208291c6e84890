export type NamedMutex = ReturnType<typeof createNamedMutex>;

/** Runs pieces of work with the same name one after another, in the order in which they came. */
export function createNamedMutex() {
  /** The waiting callers, in order; present while the name is held. */
  const queues = new Map<string, Set<() => void>>();

  function wait(queue: Set<() => void>, signal: AbortSignal | undefined): Promise<boolean> {
    return new Promise((resolve) => {
      const enter = () => {
        signal?.removeEventListener('abort', leave);
        resolve(true);
      };
      const leave = () => {
        queue.delete(enter);
        resolve(false);
      };
      queue.add(enter);
      signal?.addEventListener('abort', leave, { once: true });
    });
  }

  function pass(name: string): void {
    const queue = queues.get(name);
    const [next] = queue ?? [];
    if (next === undefined) {
      queues.delete(name);
      return;
    }
    queue?.delete(next);
    next();
  }

  return {
    /**
     * Returns null, without running the work, if the signal aborts while it waits: work without a caller must
     * not queue up.
     */
    async run<Result>(
      name: string,
      work: () => Promise<Result>,
      signal?: AbortSignal,
    ): Promise<Result | null> {
      if (signal?.aborted === true) return null;
      const queue = queues.get(name);
      if (queue === undefined) queues.set(name, new Set());
      else if (!(await wait(queue, signal))) return null;
      try {
        return await work();
      } finally {
        pass(name);
      }
    },
  };
}
