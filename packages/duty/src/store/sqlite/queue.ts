import { StoreFault } from '../port.ts';
import type { Job } from './job.ts';

/** Jobs in the order of their arrival, bounded by the transactions they count for. */
export function createQueue(maxQueued: number, maxGroup: number) {
  const jobs: Job[] = [];
  let waiting = 0;

  return {
    /** Throws a StoreFault if the queue is full. */
    push: (job: Job): void => {
      if (waiting + job.size > maxQueued) throw crowdedFault(job.size, maxQueued);
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
        if (group.length > 0 && size + job.size > maxGroup) break;
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

function crowdedFault(size: number, maxQueued: number): StoreFault {
  const tooBig = size > maxQueued;
  return new StoreFault(
    tooBig ? 'refused' : 'unavailable',
    tooBig
      ? `a call of ${size} transactions is too large`
      : `more than ${maxQueued} transactions wait to be written`,
    tooBig ? `make calls of at most ${maxQueued} transactions` : 'send less at once, and call again later',
  );
}
