import type { Clock } from '@watchbill/kit';
import { abortedFault, closedFault } from '../memory/checks.ts';
import type { CallOptions, StoreFault, WatchChange } from '../port.ts';
import type { Connection } from './connection.ts';
import type { Database } from './database.ts';
import { createJob, type Job, type Work } from './job.ts';
import { createQueue } from './queue.ts';
import { commitCertainlyFailed, sqliteFault } from './sqlite-faults.ts';

/**
 * Runs in place of each COMMIT, for tests: it may count, and it may throw before or after calling `commit`.
 */
export type CommitHook = (commit: () => void, workCount: number) => void;

export interface WriterParts {
  readonly path: string;
  readonly kind: string;
  readonly connection: Connection;
  readonly clock: Clock;
  readonly maxQueued: number;
  readonly maxGroup: number;
  readonly aroundCommit: CommitHook;
  /** Runs first in every group; returns a function to run once the group is kept. */
  readonly prepare: (db: Database, changes: WatchChange[]) => () => void;
  readonly committed: (changes: readonly WatchChange[]) => void;
  readonly inDoubt: () => void;
}

export interface Writer {
  submit<T>(work: Work<T>, options: CallOptions | undefined): Promise<T>;
  /** The reason why the last group failed; null if it did not. */
  lastFault(): StoreFault | null;
  /** Every queued job ends with `closed`; none of them was applied. */
  close(): void;
}

const DEFAULT_TIMEOUT_MS = 5_000;

export function createWriter(parts: WriterParts): Writer {
  const queue = createQueue(parts.maxQueued, parts.maxGroup);
  let scheduled = false;
  let lastFault: StoreFault | null = null;

  /**
   * Every job that arrives in this turn of the event loop, by any connection that has data, joins the group.
   */
  function schedule(): void {
    if (scheduled) return;
    scheduled = true;
    setImmediate(() => {
      scheduled = false;
      const group = queue.take(parts.clock.monotonicMs());
      if (group.length > 0) lastFault = runGroup(parts, group);
      if (queue.size() > 0) schedule();
    });
  }

  function submit<T>(work: Work<T>, options: CallOptions | undefined): Promise<T> {
    return new Promise((resolve, reject) => {
      const signal = options?.signal;
      const giveUp = () => {
        if (queue.remove(job)) job.fail(abortedFault(parts.kind));
      };
      const leave = () => signal?.removeEventListener('abort', giveUp);
      const deadlineMs = parts.clock.monotonicMs() + (options?.timeoutMs ?? DEFAULT_TIMEOUT_MS);
      const job = createJob(work, deadlineMs, leave, resolve, reject);
      // Throws if there is no room, which rejects this promise.
      queue.push(job);
      signal?.addEventListener('abort', giveUp, { once: true });
      schedule();
    });
  }

  return {
    submit,
    lastFault: () => lastFault,
    close: () => {
      for (const job of queue.drain()) job.fail(closedFault(parts.kind));
    },
  };
}

/**
 * One SQLite transaction for the whole group. Returns null, or the reason why certainly no write was kept.
 */
function runGroup(parts: WriterParts, group: readonly Job[]): StoreFault | null {
  const changes: WatchChange[] = [];
  let db: Database;
  let whenKept: () => void;
  try {
    db = parts.connection.use();
    db.begin();
    whenKept = parts.prepare(db, changes);
    for (const job of group) job.attempt(db, changes);
  } catch (error) {
    // Without its commit frame no write of a transaction counts, whatever reached the log.
    parts.connection.abandon();
    return failAll(group, sqliteFault(error, parts.path, 'writing to'));
  }
  try {
    parts.aroundCommit(db.commit, group.length);
  } catch (error) {
    const fault = sqliteFault(error, parts.path, 'committing to');
    if (!commitCertainlyFailed(error)) return leaveInDoubt(parts, group, fault);
    parts.connection.abandon();
    return failAll(group, fault);
  }
  whenKept();
  parts.committed(changes);
  for (const job of group) job.settle();
  return null;
}

function failAll(group: readonly Job[], fault: StoreFault): StoreFault {
  for (const job of group) job.fail(fault);
  return fault;
}

function leaveInDoubt(parts: WriterParts, group: readonly Job[], fault: StoreFault): StoreFault {
  parts.connection.drop();
  for (const job of group) job.doubt(fault);
  parts.inDoubt();
  return fault;
}
