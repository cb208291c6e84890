import { StoreFault } from '../port.ts';

/** Work that writes. Many jobs that arrive together share one commit, and so one sync of the disk. */
export interface Work<T> {
  /** The number of transactions that it counts for in the bounds of queue and group. */
  readonly size: number;
  /**
   * Runs inside an open transaction, after the jobs before it. May throw a StoreFault `refused` before it has
   * written anything; that refuses this job alone. Any other error undoes the whole group.
   */
  readonly run: () => T;
  /** The answer if it is not certain whether the commit was kept; may throw. */
  readonly uncertain: (cause: StoreFault) => T;
}

/** A queued job with its caller. Exactly one of `settle`, `doubt` and `fail` is called, once. */
export type Job = ReturnType<typeof createJob>;

export function createJob<T>(
  work: Work<T>,
  deadlineMs: number,
  leave: () => void,
  resolve: (value: T) => void,
  reject: (error: unknown) => void,
) {
  let answer = (): void => reject(new Error('work was settled before it ran'));
  const end = (deliver: () => void) => {
    leave();
    deliver();
  };
  return {
    size: work.size,
    deadlineMs,
    attempt: (): void => {
      try {
        const value = work.run();
        answer = () => resolve(value);
      } catch (error) {
        if (!(error instanceof StoreFault) || error.code !== 'refused') throw error;
        answer = () => reject(error);
      }
    },
    settle: (): void => end(answer),
    doubt: (cause: StoreFault): void =>
      end(() => {
        try {
          resolve(work.uncertain(cause));
        } catch (error) {
          reject(error);
        }
      }),
    fail: (fault: StoreFault): void => end(() => reject(fault)),
  };
}
