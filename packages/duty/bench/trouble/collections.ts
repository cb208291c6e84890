// Loaded into the service before its program: writes how long collections of garbage took.

import { writeFileSync } from 'node:fs';
import { PerformanceObserver } from 'node:perf_hooks';

/** Of the file that {@link COLLECTIONS_FILE} names. */
export interface Collections {
  readonly count: number;
  readonly longestMs: number;
  readonly totalMs: number;
}

export const COLLECTIONS_FILE = 'WATCHBILL_BENCH_COLLECTIONS';
const EVERY_MS = 100;

const file = process.env[COLLECTIONS_FILE];
if (file !== undefined) watch(file);

function watch(path: string): void {
  let [count, longestMs, totalMs] = [0, 0, 0];
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) {
      count += 1;
      longestMs = Math.max(longestMs, duration);
      totalMs += duration;
    }
  }).observe({ entryTypes: ['gc'] });
  const write = (): void => writeFileSync(path, JSON.stringify({ count, longestMs, totalMs }));
  write();
  setInterval(write, EVERY_MS).unref();
}
