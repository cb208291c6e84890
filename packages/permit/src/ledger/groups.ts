/** Work of one call, to be done inside a transaction that it shares with others. */
export interface Call<Work> {
  readonly work: Work;
  /** How many entries it brings, for the bound of a group. */
  readonly size: number;
}

interface Waiting<Work> extends Call<Work> {
  resolve(): void;
  reject(error: unknown): void;
}

export interface Groups<Work> {
  /** Settles with the commit of the group that the call joined. */
  join(call: Call<Work>): Promise<void>;
  /** How many entries wait. */
  waiting(): number;
  /** Commit all waiting work now. Returns a promise if a commit goes on after this call. */
  finish(): void | Promise<void>;
}

/** One group is at most about this many entries, so that one commit does not hold the process for long. */
const GROUP_SIZE = 1024;

type Commit<Work> = (works: readonly Work[]) => void | Promise<void>;

/**
 * Group commit: all calls that join before the event loop has handled earlier arrivals are committed
 * together, so that one sync of the disk carries all of them. Calls that join while a commit is under way
 * wait for the next one.
 *
 * @param commit does the work of all calls, durable on return or when its promise settles; or fails with none
 *   of it done
 */
export function commitGroups<Work>(commit: Commit<Work>): Groups<Work> {
  let queue: Waiting<Work>[] = [];
  let waiting = 0;
  let scheduled = false;
  /** Settles, never rejects, when the commit that is under way has ended. */
  let underWay: Promise<void> | null = null;

  function schedule(): void {
    if (scheduled || underWay !== null || queue.length === 0) return;
    scheduled = true;
    setImmediate(() => {
      scheduled = false;
      if (underWay === null) runGroup();
      schedule();
    });
  }

  function runGroup(): void {
    const count = groupLength(queue);
    const group = queue.slice(0, count);
    queue = queue.slice(count);
    for (const { size } of group) waiting -= size;
    const later = commitGroup(group, commit);
    if (later === null) return;
    underWay = later.then(() => {
      underWay = null;
      schedule();
    });
  }

  function finish(): void | Promise<void> {
    while (queue.length > 0 && underWay === null) runGroup();
    return underWay === null ? undefined : underWay.then(finish);
  }

  return {
    join(call) {
      return new Promise((resolve, reject) => {
        queue.push({ ...call, resolve, reject });
        waiting += call.size;
        schedule();
      });
    },
    waiting: () => waiting,
    finish,
  };
}

/** How many calls the next group takes. A call is never split. */
function groupLength(queue: readonly Waiting<unknown>[]): number {
  let size = 0;
  let count = 0;
  while (count < queue.length && size < GROUP_SIZE) size += queue[count++]?.size ?? 0;
  return count;
}

/**
 * Settles all calls of a group. If the commit goes on after this call, it answers the end of it; that promise
 * never rejects.
 */
function commitGroup<Work>(group: readonly Waiting<Work>[], commit: Commit<Work>): Promise<void> | null {
  const resolve = () => {
    for (const call of group) call.resolve();
  };
  const reject = (error: unknown) => {
    for (const call of group) call.reject(error);
  };
  try {
    const later = commit(group.map(({ work }) => work));
    if (later !== undefined) return later.then(resolve, reject);
  } catch (error) {
    reject(error);
    return null;
  }
  resolve();
  return null;
}
