import { within } from '@watchbill/kit';
import type { JobRow, ProgrammeStore } from '../storage/port.ts';
import { StorageFault } from '../storage/port.ts';
import type { Job, JobContext } from './job.ts';

export type JobParts = Omit<JobContext, 'signal' | 'progress'> & {
  /** Identifies this process among those that share the database. */
  readonly holder: string;
};

/** How long the lease of a dead process keeps others from a job. */
export const LEASE_MS = 30_000;
const RENEW_MS = 10_000;

export type JobEnd = 'succeeded' | 'failed' | 'stopped' | 'taken';

/**
 * Runs a job once, exclusively among all processes of the database, and records its progress. `taken`:
 * another process runs it. A failing job does not reject; a failing database does.
 */
export async function runJob(parts: JobParts, job: Job, stop: AbortSignal): Promise<JobEnd> {
  const { store, holder, clock } = parts;
  const lease = `job ${job.name}`;
  if (!(await store.leases.take(lease, holder, LEASE_MS))) return 'taken';
  const lost = new AbortController();
  const ended = new AbortController();
  void renewing(parts, lease, ended.signal, () => lost.abort(new Error('another process took the job over')));
  try {
    const before = (await store.jobs.all()).find(({ name }) => name === job.name);
    const begun: JobRow = {
      name: job.name,
      state: 'running',
      progress: null,
      detail: '',
      runCount: (before?.runCount ?? 0) + 1,
      failureCount: before?.failureCount ?? 0,
      startedMs: clock.nowMs(),
      endedMs: null,
      nextMs: null,
      error: null,
    };
    await store.jobs.put(begun);
    const end = await endOf(parts, job, begun, AbortSignal.any([stop, lost.signal]));
    await store.jobs.put({ ...begun, ...end, endedMs: clock.nowMs(), nextMs: nextMs(begun, job, end.state) });
    return end.state;
  } finally {
    ended.abort();
    await store.leases.release(lease, holder);
  }
}

/** Renews the lease until `ended`, without waiting for the answers. */
async function renewing(
  { store, holder, clock }: JobParts,
  lease: string,
  ended: AbortSignal,
  lost: () => void,
): Promise<void> {
  for (;;) {
    await clock.sleep(RENEW_MS, ended);
    if (ended.aborted) return;
    store.leases
      .take(lease, holder, LEASE_MS)
      .then((kept) => kept || lost())
      .catch(() => undefined);
  }
}

/** A failed job is retried soon; an aborted one, at the next start. */
function nextMs({ startedMs }: JobRow, { everyMs }: Job, state: JobEnd): number {
  const pauseMs = state === 'failed' ? Math.min(everyMs, 60_000) : everyMs;
  return (startedMs ?? 0) + (state === 'stopped' ? 0 : pauseMs);
}

type End = Pick<JobRow, 'detail' | 'error' | 'failureCount'> & {
  readonly state: 'succeeded' | 'failed' | 'stopped';
};

async function endOf(parts: JobParts, job: Job, row: JobRow, stop: AbortSignal): Promise<End> {
  const { store, failureCount } = { store: parts.store, failureCount: row.failureCount };
  try {
    const run = (signal: AbortSignal) => job.run({ ...parts, signal, progress: progressOf(store, row) });
    const detail = await within(job.name, job.deadlineMs, stop, run, parts.clock);
    return { state: 'succeeded', detail, error: null, failureCount };
  } catch (error) {
    if (stop.aborted) return { state: 'stopped', detail: 'the process stopped', error: null, failureCount };
    return { state: 'failed', detail: '', error: shownError(error), failureCount: failureCount + 1 };
  }
}

function progressOf(store: ProgrammeStore, row: JobRow): JobContext['progress'] {
  return (share, detail) => store.jobs.put({ ...row, progress: share, detail });
}

const LONGEST_ERROR = 1_000;

function shownError(error: unknown): string {
  const { message = 'an error without text' } = error as { readonly message?: string };
  const remedy = error instanceof StorageFault ? `; ${error.remedy}` : '';
  return `${message}${remedy}`.slice(0, LONGEST_ERROR);
}
