import type { Clock } from '@watchbill/kit';
import type { CallOptions, StoreFault } from '../port.ts';
import { abortedFault, closedFault } from '../shared/checks.ts';
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
  readonly aroundCommit: CommitHook;
  /** Runs first in every group, inside its transaction: the changes of each part of the file. */
  readonly begin: () => readonly Changes[];
}

/** `doubted`: only the file, which is opened again, can show whether the group was kept. */
export type GroupEnd = 'kept' | 'undone' | 'doubted';

/** The changes of one part of the file in one group. */
export interface Changes {
  /** The last step inside the transaction. */
  finish(): void;
  /** Before the callers of a kept group hear of it, and after those of any other. */
  ended(how: GroupEnd): void;
}

const DEFAULT_TIMEOUT_MS = 5_000;

export function createWriter(parts: WriterParts) {
  const queue = createQueue();
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
    /** Writes all that waits now, with the changes that a part of the file kept for the next group. */
    flush: (): void => {
      do lastFault = runGroup(parts, queue.take(parts.clock.monotonicMs()));
      while (queue.size() > 0);
    },
    /** The reason why the last group failed; null if it did not. */
    lastFault: (): StoreFault | null => lastFault,
    /** Every queued job ends with `closed`; none of them was applied. */
    close: (): void => {
      for (const job of queue.drain()) job.fail(closedFault(parts.kind));
    },
  };
}

/**
 * One SQLite transaction for the whole group. Returns null, or the reason why certainly no write was kept.
 */
function runGroup(parts: WriterParts, group: readonly Job[]): StoreFault | null {
  const { connection } = parts;
  let changes: readonly Changes[] = [];
  const end = (how: GroupEnd) => {
    for (const change of changes) change.ended(how);
  };
  const undo = (error: unknown, doing: string): StoreFault => {
    const fault = sqliteFault(error, parts.path, doing);
    connection.abandon();
    for (const job of group) job.fail(fault);
    end('undone');
    return fault;
  };
  let db: Database;
  try {
    db = connection.use();
    db.begin();
    changes = parts.begin();
    for (const job of group) job.attempt();
    for (const change of changes) change.finish();
  } catch (error) {
    // Without its commit frame no write of a transaction counts, whatever reached the log.
    return undo(error, 'writing to');
  }
  try {
    parts.aroundCommit(db.commit, group.length);
  } catch (error) {
    if (commitCertainlyFailed(error)) return undo(error, 'committing to');
    const fault = sqliteFault(error, parts.path, 'committing to');
    connection.drop();
    for (const job of group) job.doubt(fault);
    end('doubted');
    return fault;
  }
  end('kept');
  for (const job of group) job.settle();
  return null;
}
