import type { Clock } from '@watchbill/base';

/** Time that stands still until a test moves it. */
export interface FakeClock extends Clock {
  /** Let `ms` pass for wall and monotonic time, waking sleepers in their order. */
  advance(ms: number): Promise<void>;
  /** Step the wall clock alone, as an operator or a time service would. */
  step(ms: number): void;
}

interface Sleeper {
  readonly dueMs: number;
  readonly wake: () => void;
}

export function fakeClock(startMs = 1_700_000_000_000): FakeClock {
  let monotonic = 0;
  let wallOffset = startMs;
  const sleepers = new Set<Sleeper>();

  function nextDue(limitMs: number): Sleeper | undefined {
    const due = [...sleepers].filter((sleeper) => sleeper.dueMs <= limitMs);
    return due.sort((a, b) => a.dueMs - b.dueMs)[0];
  }

  async function advance(ms: number): Promise<void> {
    const until = monotonic + ms;
    for (let next = nextDue(until); next !== undefined; next = nextDue(until)) {
      monotonic = Math.max(monotonic, next.dueMs);
      next.wake();
      await settle();
    }
    monotonic = until;
    await settle();
  }

  return {
    nowMs: () => wallOffset + monotonic,
    monotonicMs: () => monotonic,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted === true) return resolve();
        const sleeper: Sleeper = { dueMs: monotonic + Math.max(0, ms), wake };
        sleepers.add(sleeper);
        signal?.addEventListener('abort', wake, { once: true });
        function wake(): void {
          sleepers.delete(sleeper);
          signal?.removeEventListener('abort', wake);
          resolve();
        }
      }),
    advance,
    step: (ms) => {
      wallOffset += ms;
    },
  };
}

/** Let everything that was woken run until it waits again. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
