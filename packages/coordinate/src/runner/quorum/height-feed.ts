import type { ClockSource } from '../ports.ts';

/** The last height of a chain, for several readers. */
export interface HeightFeed {
  /** The clock itself, which fills the feed as it is read. Read it once. */
  readonly clock: ClockSource;
  /** Null before the first height. */
  latest(): bigint | null;
  /** Heights, the current one first; ends with the signal. A slow reader skips some. */
  follow(signal: AbortSignal): AsyncIterable<bigint>;
}

export function heightFeed(source: ClockSource): HeightFeed {
  let latest: bigint | null = null;
  const wakers = new Set<() => void>();

  async function* heights(signal: AbortSignal): AsyncIterable<bigint> {
    for await (const height of source.heights(signal)) {
      // Lower heights are ignored.
      if (latest === null || height > latest) latest = height;
      for (const wake of wakers) wake();
      yield height;
    }
  }

  async function* follow(signal: AbortSignal): AsyncIterable<bigint> {
    let last: bigint | null = null;
    while (!signal.aborted) {
      if (latest !== null && latest !== last) {
        last = latest;
        yield latest;
      } else await woken(wakers, signal);
    }
  }

  return {
    clock: { heights, input: (ask, signal) => source.input(ask, signal) },
    latest: () => latest,
    follow,
  };
}

function woken(wakers: Set<() => void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      wakers.delete(done);
      signal.removeEventListener('abort', done);
      resolve();
    };
    wakers.add(done);
    signal.addEventListener('abort', done, { once: true });
  });
}
