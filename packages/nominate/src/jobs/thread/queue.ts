/** Threads at the same time, and tasks that may wait for one. */
export interface QueueBounds {
  readonly atOnce: number;
  readonly waiting: number;
}

/** Runs work when it is its turn; rejects at once if too much waits, and with the reason of the signal. */
export type Queue = <Value>(work: () => Promise<Value>, signal: AbortSignal) => Promise<Value>;

/** A queue in the order of the calls. The caller's signal is the deadline, also while the work waits. */
export function boundedQueue({ atOnce, waiting }: QueueBounds): Queue {
  const line: (() => void)[] = [];
  let running = 0;
  const place = (signal: AbortSignal): Promise<void> => {
    if (running < atOnce) {
      running += 1;
      return Promise.resolve();
    }
    if (line.length >= waiting)
      return Promise.reject(
        new Error(`${atOnce} threads are busy and ${waiting} tasks wait; try again later`),
      );
    return new Promise((resolve, reject) => {
      const leave = () => {
        line.splice(line.indexOf(enter), 1);
        reject(signal.reason);
      };
      const enter = () => {
        signal.removeEventListener('abort', leave);
        resolve();
      };
      line.push(enter);
      signal.addEventListener('abort', leave, { once: true });
    });
  };
  return async (work, signal) => {
    signal.throwIfAborted();
    await place(signal);
    try {
      return await work();
    } finally {
      const next = line.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
}
