import { setTimeout as sleep } from 'node:timers/promises';

const LOOK_EVERY_MS = 50;

/** Retries until there is an answer; rejects after a bounded time. */
export async function until<T>(what: string, timeoutMs: number, ask: () => Promise<T | null>): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (answer !== null) return answer;
    if (performance.now() > deadline)
      throw new Error(`the test cluster had no such thing as ${what} in ${timeoutMs} ms`);
    await sleep(LOOK_EVERY_MS);
  }
}
