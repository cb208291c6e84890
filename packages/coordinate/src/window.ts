/** The windows of a chain: one every `frequencyBlocks`, first an active phase, then a passive one. */
export interface WindowSchedule {
  readonly frequencyBlocks: bigint;
  /** Messages count until this many blocks after the window's first. */
  readonly activeBlocks: bigint;
  /** From the end of the active phase to the end of the window. */
  readonly passiveBlocks: bigint;
}

/** One window; all are heights of the chain. */
export interface Window {
  /** 1 or more. */
  readonly index: bigint;
  /** The first block, also called the coordination block. */
  readonly block: bigint;
  /** At this height the active phase is over. */
  readonly activeEnd: bigint;
  /** At this height the window is over, and the agreed action may start. */
  readonly end: bigint;
}

/** The index of the window that begins at this very block, or 0 if none does. */
export function windowIndex(schedule: WindowSchedule, block: bigint): bigint {
  return block > 0n && block % schedule.frequencyBlocks === 0n ? block / schedule.frequencyBlocks : 0n;
}

/** The window of an index. Throws a RangeError for an index below 1. */
export function windowOf(schedule: WindowSchedule, index: bigint): Window {
  if (index < 1n) throw new RangeError(`windows are numbered from 1; got ${index}`);
  const block = index * schedule.frequencyBlocks;
  const activeEnd = block + schedule.activeBlocks;
  return { index, block, activeEnd, end: activeEnd + schedule.passiveBlocks };
}

/** The last window that began at or before this height, or null before the first. */
export function lastWindow(schedule: WindowSchedule, height: bigint): Window | null {
  const index = height / schedule.frequencyBlocks;
  return height > 0n && index > 0n ? windowOf(schedule, index) : null;
}

/** Whether a window comes later than another one; any comes later than none. */
export function isAfter(window: Window, other: Window | null): boolean {
  return other === null || window.block > other.block;
}

/** The problem with a schedule, or null. */
export function scheduleProblem(schedule: WindowSchedule): string | null {
  const { frequencyBlocks, activeBlocks, passiveBlocks } = schedule;
  if (frequencyBlocks < 1n) return 'frequencyBlocks must be 1 or more';
  if (activeBlocks < 1n || passiveBlocks < 0n)
    return 'the active phase of a window must have 1 or more blocks';
  if (activeBlocks > frequencyBlocks)
    return 'the active phase must end before the next window begins; make frequencyBlocks larger';
  return null;
}
