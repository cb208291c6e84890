import type { Clock } from '@watchbill/kit';
import type { ProgrammeStore } from '../storage/port.ts';
import { after } from '../time/after.ts';
import type { Job } from './job.ts';
import { dueJobs } from './planner.ts';

/** Runs jobs: in this process, or through a queue with workers. */
export interface Executor {
  /**
   * Resolves with true after the job has ended, and with false if another process runs it. Rejects if the job
   * could not start.
   */
  readonly execute: (job: Job, signal: AbortSignal) => Promise<boolean>;
}

export interface SchedulerOptions {
  readonly jobs: readonly Job[];
  readonly store: ProgrammeStore;
  readonly executor: Executor;
  readonly clock: Clock;
  /** Interval between two looks for due jobs. */
  readonly lookMs: number;
  /** Concurrent jobs of this process. */
  readonly atOnce: number;
  /** Receives faults of the scheduler itself: of the database or the queue. */
  readonly failed: (error: unknown) => void;
}

export interface Scheduler {
  /** Starts the due jobs once, and does not wait for their ends. */
  readonly look: () => Promise<readonly string[]>;
  /** Looks for due jobs at intervals until it is closed. */
  readonly start: () => void;
  /** Starts no more jobs, aborts running ones after the grace period, and waits for their end. */
  readonly close: (graceMs: number) => Promise<void>;
  /** Names of the running jobs. */
  readonly running: () => readonly string[];
}

/** Starts jobs when they are due. A job never overlaps itself, in this process or another. */
export function scheduler(options: SchedulerOptions): Scheduler {
  const { jobs, store, executor, clock, atOnce, failed } = options;
  const running = new Map<string, Promise<void>>();
  const stop = new AbortController();
  const closed = new AbortController();
  let isStarted = false;
  let looking: Promise<readonly string[]> | null = null;

  const begin = (job: Job): void => {
    const done = executor
      .execute(job, stop.signal)
      .catch((error: unknown) => {
        failed(error);
        return false;
      })
      .then((hasEnded) => {
        running.delete(job.name);
        // Dependents need not wait for the next look.
        if (hasEnded && isStarted) look().catch(failed);
      });
    running.set(job.name, done);
  };
  const lookNow = async (): Promise<readonly string[]> => {
    const rows = await store.jobs.all();
    if (closed.signal.aborted) return [];
    const due = dueJobs(jobs, rows, new Set(running.keys()), clock.nowMs());
    const begun = due.slice(0, Math.max(0, atOnce - running.size));
    for (const job of begun) begin(job);
    return begun.map(({ name }) => name);
  };
  const look = (): Promise<readonly string[]> => {
    looking ??= lookNow().finally(() => {
      looking = null;
    });
    return looking;
  };
  const lookOn = async (): Promise<void> => {
    while (!closed.signal.aborted) {
      await look().catch(failed);
      await clock.sleep(options.lookMs, closed.signal);
    }
  };
  return {
    look,
    start: () => {
      isStarted = true;
      void lookOn();
    },
    running: () => [...running.keys()],
    close: async (graceMs) => {
      closed.abort();
      await looking?.catch(() => undefined);
      const cancel = after(clock, graceMs, () => stop.abort(new Error('the process stops')));
      await Promise.all(running.values());
      cancel();
    },
  };
}
