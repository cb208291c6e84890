import type { Clock } from '../time/clock.ts';
import { createTimeline, type Timeline } from './timeline.ts';

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
  const timeline = createTimeline();
  const flow =
    options.flowing === true ? createFlow(timeline.fireNext, options.maxSteps ?? MAX_STEPS) : undefined;

  function after(ms: number, act: () => void): () => void {
    // Sleeping for ever sets no timer, so that it does not look like something still to happen.
    if (ms === Number.POSITIVE_INFINITY) return () => {};
    const cancel = timeline.after(ms, act);
    flow?.begin();
    return cancel;
  }

  const { sleep, sleeps } = createSleep(after);
  const base = { monotonicMs: timeline.elapsedMs, sleep };
  const own = hostClock(base, startMs, {});
  const run = (until: number | (() => boolean), { maxSteps = MAX_STEPS }: RunLimits = {}) =>
    runTimeline(timeline, startMs, until, maxSteps);
  return {
    ...own,
    after,
    host: (view = {}) => hostClock(base, startMs, view),
    run,
    advance: async (ms) => {
      await run(startMs + timeline.elapsedMs() + ms);
    },
    sleeps,
    pending: timeline.pending,
    halt: timeline.halt,
  };
}

/** `sleep` of a clock, and how long each sleep was asked to be. */
function createSleep(after: VirtualClock['after']): Pick<VirtualClock, 'sleep' | 'sleeps'> {
  const sleeps: number[] = [];
  return {
    sleeps,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
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
      }),
  };
}

async function runTimeline(
  timeline: Timeline,
  startMs: number,
  until: number | (() => boolean),
  maxSteps: number,
): Promise<RunEnd> {
  const endMs = typeof until === 'number' ? until - startMs : Number.POSITIVE_INFINITY;
  const reached = () => typeof until === 'function' && until();
  for (let steps = 0; ; steps++) {
    await settle();
    if (reached()) return 'reached';
    const nextMs = timeline.nextMs();
    if (nextMs === null && endMs === Number.POSITIVE_INFINITY) return 'idle';
    if (nextMs === null || nextMs > endMs) {
      timeline.moveTo(endMs);
      return nextMs === null ? 'idle' : 'reached';
    }
    if (steps >= maxSteps)
      throw new Error(tooLong(maxSteps, startMs + timeline.elapsedMs(), timeline.pending()));
    timeline.fireNext();
  }
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
