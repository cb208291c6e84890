import type { Clock } from '../time/clock.ts';
import { createTimerQueue } from './timer-queue.ts';

/** Time for tests and simulations: it moves only when everything that could happen now has happened. */
export interface VirtualClock extends Clock {
  /** Calls `act` once after `ms`; returns the way to cancel it. */
  after(ms: number, act: () => void): () => void;
  /** Another wall clock over the same monotonic time. */
  host(view?: WallClockView): HostClock;
  /**
   * Lets time pass until a Unix time, or until a condition holds. `idle`: no timer is left. Throws after
   * `maxSteps`.
   */
  run(until: number | (() => boolean), limits?: RunLimits): Promise<RunEnd>;
  /** Lets `ms` pass, waking sleepers in their order. */
  advance(ms: number): Promise<void>;
  /** Steps the wall clock alone, as an operator or a time service would. */
  step(ms: number): void;
  /** How long each sleep was asked to be, oldest first; the last 10,000. */
  readonly sleeps: readonly number[];
  /** Timers that are set. */
  pending(): number;
  /** Time stands still from now on: a flowing clock fires no timer any more. */
  halt(): void;
}

export interface VirtualClockOptions {
  /** Unix milliseconds at the start; 1,700,000,000,000 unless given. */
  readonly startMs?: number;
  /**
   * Time passes by itself: when no other work is left, it jumps to the next timer. Only for code that
   * does no real I/O, because the clock cannot see that a file or a socket is still busy. Call `halt` when
   * the test ends.
   */
  readonly flowing?: boolean;
  /** Timers that a flowing clock may fire; 1,000,000 unless given. */
  readonly maxSteps?: number;
}

export interface RunLimits {
  /** Timers that may fire in this run; 1,000,000 unless given. */
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
const START_MS = 1_700_000_000_000;
const SLEEPS_KEPT = 10_000;

/** A clock in virtual time; see `VirtualClock`. */
export function createVirtualClock(options: VirtualClockOptions = {}): VirtualClock {
  const startMs = options.startMs ?? START_MS;
  const timers = createTimerQueue();
  const sleeps: number[] = [];
  let elapsedMs = 0;
  let halted = false;
  const flow = options.flowing === true ? createFlow(fireNext, options.maxSteps ?? MAX_STEPS) : undefined;

  function sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted === true) return resolve();
      sleeps.push(ms);
      if (sleeps.length > SLEEPS_KEPT) sleeps.shift();
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
    const cancel = timers.add(elapsedMs + Math.max(0, Number.isNaN(ms) ? 0 : ms), act);
    flow?.begin();
    return cancel;
  }

  /** Fires the next timer; false if there is none, or time stands still. */
  function fireNext(): boolean {
    const next = halted ? undefined : timers.take();
    if (next === undefined) return false;
    elapsedMs = Math.max(elapsedMs, next.atMs);
    next.fire();
    return true;
  }

  async function run(until: number | (() => boolean), limits: RunLimits = {}): Promise<RunEnd> {
    const maxSteps = limits.maxSteps ?? MAX_STEPS;
    const endMs = typeof until === 'number' ? until - startMs : Number.POSITIVE_INFINITY;
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
      if (steps >= maxSteps) throw new Error(tooLong(maxSteps, startMs + elapsedMs, timers.size()));
      fireNext();
    }
  }

  const base = { monotonicMs: () => elapsedMs, sleep };
  const own = hostClock(base, startMs, {});
  return {
    ...own,
    after,
    host: (view = {}) => hostClock(base, startMs, view),
    run,
    advance: async (ms) => {
      await run(startMs + elapsedMs + ms);
    },
    sleeps,
    pending: timers.size,
    halt: () => {
      halted = true;
    },
  };
}

/** Fires timers one by one, each after everything that the one before started, until none is left. */
function createFlow(fireNext: () => boolean, maxSteps: number): { readonly begin: () => void } {
  let flowing = false;
  let steps = 0;
  const flow = async (): Promise<void> => {
    do {
      await settle();
      steps += 1;
      if (steps > maxSteps)
        throw new Error(`a flowing clock fired ${maxSteps} timers: something repeats without end`);
    } while (fireNext());
    flowing = false;
  };
  return {
    begin: () => {
      if (flowing) return;
      flowing = true;
      void flow();
    },
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

/**
 * Two turns of the event loop: all microtasks, the work that they put off to the next turn, and its results.
 */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 2; turn++) await new Promise((resolve) => setImmediate(resolve));
}

function tooLong(maxSteps: number, nowMs: number, pending: number): string {
  return `virtual time stands at ${nowMs} after ${maxSteps} timers, with ${pending} set: something repeats without end`;
}
