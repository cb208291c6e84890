import type { JobRow } from '../storage/port.ts';
import { CLOCK_SKEW_MS } from '../time/skew.ts';
import type { Job } from './job.ts';

/** A job whose process died is started again after this time. */
const DEAD_MS = 30_000;

/** The jobs that may start now: due, not running, and none of their dependencies is due or running. Pure. */
export function dueJobs(
  jobs: readonly Job[],
  rows: readonly JobRow[],
  running: ReadonlySet<string>,
  nowMs: number,
): readonly Job[] {
  const byName = new Map(rows.map((row) => [row.name, row]));
  const isDue = ({ name }: Job): boolean => {
    const row = byName.get(name);
    return row === undefined || row.nextMs === null || row.nextMs <= nowMs || isFromFuture(row, nowMs);
  };
  const isRunning = ({ name, deadlineMs }: Job): boolean => {
    const row = byName.get(name);
    if (running.has(name)) return true;
    if (row?.state !== 'running' || isFromFuture(row, nowMs)) return false;
    return nowMs - (row.startedMs ?? 0) < Math.min(deadlineMs, DEAD_MS);
  };
  const busy = new Set(jobs.filter((job) => isDue(job) || isRunning(job)).map(({ name }) => name));
  return jobs.filter((job) => isDue(job) && !isRunning(job) && !job.after.some((name) => busy.has(name)));
}

/** Such a row was written before this machine's clock was set back, and its times count for nothing. */
function isFromFuture({ startedMs }: JobRow, nowMs: number): boolean {
  return startedMs !== null && startedMs - nowMs > CLOCK_SKEW_MS;
}
