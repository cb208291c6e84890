import { afterEach } from 'node:test';
import { createVirtualClock } from '@watchbill/kit/testing';

const ends = new Set<() => void>();
afterEach(() => {
  for (const end of ends) end();
  ends.clear();
});

/** A virtual clock that flows, and a signal to stop. Both end with the test. */
export function flowingTime() {
  const time = createVirtualClock({ flowing: true });
  const stop = new AbortController();
  ends.add(() => {
    stop.abort();
    time.halt();
  });
  return { time, stop };
}
