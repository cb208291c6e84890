import type { Clock } from '@watchbill/store';
import { createTimerQueue } from './timer-queue.ts';

/** Time that moves only when everything that could happen now has happened. */
export interface VirtualClock extends Clock {
  /** Call `act` once after `ms`; answers the way to cancel. */
  after(ms: number, act: () => void): () => void;
  /** A wall clock of its own over the same monotonic time. */
  host(view?: WallClockView): HostClock;
  /** Let time pass. `idle`: nothing is left to happen. Throws when `maxSteps` timers fired without an end. */
  run(until: number | (() => boolean), limits?: RunLimits): Promise<RunEnd>;
  /** Timers that are set. */
  pending(): number;
}

export interface RunLimits {
  /** Timers that may fire in this run; 1,000,000 unless told. */
  readonly maxSteps?: number;
}

export type RunEnd = 'reached' | 'idle';

export interface WallClockView {
  /** Added to the wall time, in milliseconds. */
  readonly offsetMs?: number;
  /** Wall milliseconds gained per monotonic second; negative loses. */
  readonly skewMsPerSecond?: number;
}

export interface HostClock extends Clock {
  /** The wall clock jumps; monotonic time and sleepers do not notice. */
  step(ms: number): void;
}

const MAX_STEPS = 1_000_000;

export function createVirtualClock(options: { readonly startMs: number }): VirtualClock {
  const timers = createTimerQueue();
  let elapsedMs = 0;

  function sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted === true) return resolve();
      const cancel = after(ms, done);
      signal?.addEventListener('abort', done, { once: true });
      function done(): void {
        cancel();
        signal?.removeEventListener('abort', done);
        resolve();
      }
    });
  }

  function after(ms: number, act: () => void): () => void {
    // Sleeping for ever sets no timer, so that it does not look like something still to happen.
    if (ms === Number.POSITIVE_INFINITY) return () => {};
    return timers.add(elapsedMs + Math.max(0, Number.isNaN(ms) ? 0 : ms), act);
  }

  async function run(until: number | (() => boolean), limits: RunLimits = {}): Promise<RunEnd> {
    const maxSteps = limits.maxSteps ?? MAX_STEPS;
    const endMs = typeof until === 'number' ? until - options.startMs : Number.POSITIVE_INFINITY;
    const reached = () => typeof until === 'function' && until();
    for (let steps = 0; ; steps++) {
      await settle();
      if (reached()) return 'reached';
      const next = timers.peek();
      if (next === undefined && endMs === Number.POSITIVE_INFINITY) return 'idle';
      if (next === undefined || next.atMs > endMs) {
        elapsedMs = Math.max(elapsedMs, endMs);
        return next === undefined ? 'idle' : 'reached';
      }
      if (steps >= maxSteps) throw new Error(tooLong(maxSteps, options.startMs + elapsedMs, timers.size()));
      timers.take();
      elapsedMs = next.atMs;
      next.fire();
    }
  }

  const base = { monotonicMs: () => elapsedMs, sleep };
  return {
    ...base,
    nowMs: () => options.startMs + elapsedMs,
    after,
    host: (view = {}) => hostClock(base, options.startMs, view),
    run,
    pending: timers.size,
  };
}

function hostClock(base: Omit<Clock, 'nowMs'>, startMs: number, view: WallClockView): HostClock {
  let offsetMs = view.offsetMs ?? 0;
  const gainPerMs = (view.skewMsPerSecond ?? 0) / 1_000;
  return {
    ...base,
    nowMs: () => Math.floor(startMs + base.monotonicMs() * (1 + gainPerMs) + offsetMs),
    step(ms) {
      offsetMs += ms;
    },
  };
}

/** Two turns of the event loop: all microtasks, what they put off to the next turn, and what comes of that. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 2; turn++) await new Promise((resolve) => setImmediate(resolve));
}

function tooLong(maxSteps: number, nowMs: number, pending: number): string {
  return `virtual time stands at ${nowMs} after ${maxSteps} timers, with ${pending} set: something repeats without end`;
}
