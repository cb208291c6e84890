import { type Clock, systemClock } from './clock.ts';
import { growingMs } from './waiting.ts';

/** When to try again, and for how long. Without `withinMs`, `most` and `signal` it goes on for ever. */
export interface Pauses {
  readonly clock?: Clock;
  readonly signal?: AbortSignal | undefined;
  /** Between the first two tries; it doubles up to `longestMs`, or stays the same without it. */
  readonly pauseMs: number;
  readonly longestMs?: number;
  /** From the beginning; the try at the end is the last one. */
  readonly withinMs?: number;
  /** Of tries. */
  readonly most?: number;
}

/** Looks until there is a value; null at the end of the time, of the tries or at the signal. */
export async function until<Value>(
  look: (tries: number) => Value | null | Promise<Value | null>,
  { clock = systemClock(), signal, pauseMs, longestMs = pauseMs, withinMs, most }: Pauses,
): Promise<Value | null> {
  const endMs = clock.monotonicMs() + (withinMs ?? Number.POSITIVE_INFINITY);
  for (let tries = 0; signal?.aborted !== true; tries += 1) {
    const found = await look(tries);
    if (found !== null) return found;
    const leftMs = endMs - clock.monotonicMs();
    if (leftMs <= 0 || tries + 1 === most) return null;
    await clock.sleep(Math.min(growingMs(tries, pauseMs, longestMs), leftMs), signal);
  }
  return null;
}

/**
 * The value of work that is tried again after an error; rejects with the last error at the end of the time,
 * of the tries or at the signal. `mayPass` returns false for an error that ends it at once.
 */
export async function retry<Value>(
  work: (tries: number) => Promise<Value>,
  { mayPass, ...pauses }: Pauses & { readonly mayPass?: (error: unknown, tries: number) => boolean },
): Promise<Value> {
  let last: unknown = new Error('it was stopped before the first try');
  const done = await until(async (tries) => {
    try {
      return { value: await work(tries) };
    } catch (error) {
      if (mayPass?.(error, tries) === false) throw error;
      last = error;
      return null;
    }
  }, pauses);
  if (done === null) throw last;
  return done.value;
}
