import { StoreFault } from '../port.ts';
import { refused } from '../shared/checks.ts';
import type { Job } from './job.ts';

/** Transactions that may wait for the disk before the file refuses calls. */
const MAX_QUEUED = 10_000;
/** Transactions that share one commit at most. */
const MAX_GROUP = 1_024;

/** Jobs in the order of their arrival, bounded by the transactions they count for. */
export function createQueue() {
  const jobs: Job[] = [];
  let waiting = 0;

  return {
    /** Throws a StoreFault if the queue is full. */
    push: (job: Job): void => {
      if (waiting + job.size > MAX_QUEUED) throw crowdedFault(job.size);
      jobs.push(job);
      waiting += job.size;
    },
    /** True if the job was still waiting. */
    remove: (job: Job): boolean => {
      const at = jobs.indexOf(job);
      if (at < 0) return false;
      jobs.splice(at, 1);
      waiting -= job.size;
      return true;
    },
    /** The next group; jobs whose deadline has passed fail instead. */
    take: (nowMs: number): Job[] => {
      const group: Job[] = [];
      let size = 0;
      for (let job = jobs[0]; job !== undefined; job = jobs[0]) {
        // A call larger than the bound gets a separate group.
        if (group.length > 0 && size + job.size > MAX_GROUP) break;
        jobs.shift();
        waiting -= job.size;
        if (nowMs >= job.deadlineMs) {
          const message = 'the call waited for the disk until its deadline; no write was applied';
          const remedy = 'call again, and measure how long the disk takes to sync';
          job.fail(new StoreFault('unavailable', message, remedy));
          continue;
        }
        group.push(job);
        size += job.size;
      }
      return group;
    },
    /** All waiting jobs. */
    drain: (): Job[] => {
      waiting = 0;
      return jobs.splice(0);
    },
    size: (): number => jobs.length,
  };
}

function crowdedFault(size: number): StoreFault {
  if (size > MAX_QUEUED)
    return refused(
      `a call of ${size} transactions is too large`,
      `make calls of at most ${MAX_QUEUED} transactions`,
    );
  return new StoreFault(
    'unavailable',
    `more than ${MAX_QUEUED} transactions wait to be written`,
    'send less at once, and call again later',
  );
}
