import { createTimerQueue } from './timer-queue.ts';

/** Virtual time, in milliseconds from its start, with the timers that are set. It moves by calls only. */
export interface Timeline {
  elapsedMs(): number;
  /** Calls `act` once after `ms`; returns the way to cancel it. */
  after(ms: number, act: () => void): () => void;
  /** The time of the next timer; null if there is none. */
  nextMs(): number | null;
  /** Moves to the next timer and fires it; false if there is none, or time stands still. */
  fireNext(): boolean;
  /** Moves to a time, unless that is over already. */
  moveTo(ms: number): void;
  /** Timers that are set. */
  pending(): number;
  /** Time stands still from now on. */
  halt(): void;
}

export function createTimeline(): Timeline {
  const timers = createTimerQueue();
  let elapsedMs = 0;
  let halted = false;

  function moveTo(ms: number): void {
    elapsedMs = Math.max(elapsedMs, ms);
  }

  return {
    elapsedMs: () => elapsedMs,
    after: (ms, act) => timers.add(elapsedMs + Math.max(0, Number.isNaN(ms) ? 0 : ms), act),
    nextMs: () => timers.peek()?.atMs ?? null,
    fireNext: () => {
      const next = halted ? undefined : timers.take();
      if (next === undefined) return false;
      moveTo(next.atMs);
      next.fire();
      return true;
    },
    moveTo,
    pending: timers.size,
    halt: () => {
      halted = true;
    },
  };
}
