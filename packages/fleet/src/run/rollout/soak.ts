import type { Verdict } from './analysis.ts';

/** Bad readings in a row after which nodes that were good are taken for bad. */
const MOST_BAD = 3;

export interface SoakLimits {
  /** How long everything must hold. */
  readonly soakMs: number;
  /** How long is waited for that to begin and to end, from the change on. */
  readonly deadlineMs: number;
}

/** The state from one look to the next. */
export interface Watched {
  readonly startedMs: number;
  readonly goodSinceMs: number | null;
  readonly wasGood: boolean;
  readonly badInARow: number;
}

export function beginWatch(nowMs: number): Watched {
  return { startedMs: nowMs, goodSinceMs: null, wasGood: false, badInARow: 0 };
}

export type WatchStep =
  | { readonly end: null; readonly watched: Watched }
  | { readonly end: 'passed' }
  | { readonly end: 'failed'; readonly why: 'hopeless' | 'bad' | 'late' };

/**
 * One look. Nodes that were restarted may need time, so until they were good once only the deadline ends the
 * wait; once they were good, a few bad readings do. Any result other than a pass restarts the soak. Pure.
 */
export function stepWatch(watched: Watched, verdict: Verdict, nowMs: number, limits: SoakLimits): WatchStep {
  if (verdict.isFinal) return { end: 'failed', why: 'hopeless' };
  if (verdict.verdict === 'pass') {
    const goodSinceMs = watched.goodSinceMs ?? nowMs;
    if (nowMs - goodSinceMs >= limits.soakMs) return { end: 'passed' };
    return unlessLate({ ...watched, goodSinceMs, wasGood: true, badInARow: 0 }, nowMs, limits);
  }
  const badInARow = verdict.verdict === 'fail' ? watched.badInARow + 1 : watched.badInARow;
  if (watched.wasGood && badInARow >= MOST_BAD) return { end: 'failed', why: 'bad' };
  return unlessLate({ ...watched, goodSinceMs: null, badInARow }, nowMs, limits);
}

function unlessLate(watched: Watched, nowMs: number, { deadlineMs, soakMs }: SoakLimits): WatchStep {
  if (nowMs - watched.startedMs > deadlineMs + soakMs) return { end: 'failed', why: 'late' };
  return { end: null, watched };
}
