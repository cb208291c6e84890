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

interface Timer {
  readonly atMs: number;
  readonly fire: () => void;
}

export function createTimeline(): Timeline {
  /** The next one is the last. Of timers for one time, the one that was set first fires first. */
  const timers: Timer[] = [];
  let elapsedMs = 0;
  let halted = false;

  function moveTo(ms: number): void {
    elapsedMs = Math.max(elapsedMs, ms);
  }

  return {
    elapsedMs: () => elapsedMs,
    after: (ms, act) => {
      const timer = { atMs: elapsedMs + Math.max(0, Number.isNaN(ms) ? 0 : ms), fire: act };
      timers.splice(placeOf(timers, timer.atMs), 0, timer);
      return () => {
        const at = timers.indexOf(timer);
        if (at >= 0) timers.splice(at, 1);
      };
    },
    nextMs: () => timers.at(-1)?.atMs ?? null,
    fireNext: () => {
      const next = halted ? undefined : timers.pop();
      if (next === undefined) return false;
      moveTo(next.atMs);
      next.fire();
      return true;
    },
    moveTo,
    pending: () => timers.length,
    halt: () => {
      halted = true;
    },
  };
}

/** Before every timer of that time. */
function placeOf(timers: readonly Timer[], atMs: number): number {
  let [low, high] = [0, timers.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((timers[middle]?.atMs ?? atMs) > atMs) low = middle + 1;
    else high = middle;
  }
  return low;
}
