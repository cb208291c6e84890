import type { Clock } from '@watchbill/store';

/**
 * Virtual time for tests of loops with deadlines: when nothing else is left to do, it jumps to the earliest sleeper.
 */
export function fakeClock(startMs: number): Clock & { advance(ms: number): void } {
  let nowMs = startMs;
  let sleepers: readonly { readonly atMs: number; readonly wake: () => void }[] = [];

  function jump(): void {
    const next = [...sleepers].sort((a, b) => a.atMs - b.atMs)[0];
    if (next === undefined) return;
    sleepers = sleepers.filter((sleeper) => sleeper !== next);
    nowMs = Math.max(nowMs, next.atMs);
    next.wake();
    if (sleepers.length > 0) setImmediate(jump);
  }

  return {
    nowMs: () => nowMs,
    monotonicMs: () => nowMs,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted === true) return resolve();
        sleepers = [...sleepers, { atMs: nowMs + ms, wake: resolve }];
        setImmediate(jump);
      }),
    advance: (ms) => {
      nowMs += ms;
    },
  };
}
