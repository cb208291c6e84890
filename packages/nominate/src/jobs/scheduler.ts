import type { Clock } from '@watchbill/base';
import type { ProgrammeStore } from '../storage/port.ts';
import { after } from '../time/after.ts';
import type { Job } from './job.ts';
import { dueJobs } from './planner.ts';

/** Whoever carries a job out: this process, or a queue with workers. */
export interface Executor {
  /** Resolves with true when the job has ended, with false when it was left to somebody else. Rejects where it could not even begin. */
  readonly execute: (job: Job, signal: AbortSignal) => Promise<boolean>;
}

export interface SchedulerOptions {
  readonly jobs: readonly Job[];
  readonly store: ProgrammeStore;
  readonly executor: Executor;
  readonly clock: Clock;
  /** Between two looks at what is due. */
  readonly lookMs: number;
  /** Jobs of this process at once. */
  readonly atOnce: number;
  /** What went wrong with the scheduler itself: the database, the queue. */
  readonly failed: (error: unknown) => void;
}

export interface Scheduler {
  /** Looks once, and waits for nothing but the looking. */
  readonly look: () => Promise<readonly string[]>;
  /** Looks again and again until it is closed. */
  readonly start: () => void;
  /** Begins nothing more, tells what runs to stop after the grace, and waits for its end. */
  readonly close: (graceMs: number) => Promise<void>;
  /** Names of what runs now. */
  readonly running: () => readonly string[];
}

/** Begins jobs when they are due. A job never overlaps itself, here or in another process. */
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
        // What waited for it need not wait for the next look.
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
