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

/** One group is at most about this many entries, so that one commit does not hold the process for long. */
const GROUP_SIZE = 1024;

/**
 * Group commit: all calls that join before the event loop has handled earlier arrivals are committed
 * together, so that one sync of the disk carries all of them.
 *
 * @param commit does the work of all calls in one transaction, or throws with none of it done
 */
export function commitGroups<Work>(commit: (works: readonly Work[]) => void) {
  let queue: Waiting<Work>[] = [];
  let waiting = 0;
  let scheduled = false;

  function schedule(): void {
    if (scheduled) return;
    scheduled = true;
    setImmediate(() => {
      scheduled = false;
      runGroup();
      if (queue.length > 0) schedule();
    });
  }

  function runGroup(): void {
    const group = takeGroup();
    if (group.length === 0) return;
    try {
      commit(group.map(({ work }) => work));
    } catch (error) {
      for (const call of group) call.reject(error);
      return;
    }
    for (const call of group) call.resolve();
  }

  function takeGroup(): readonly Waiting<Work>[] {
    let size = 0;
    let count = 0;
    while (count < queue.length && size < GROUP_SIZE) size += queue[count++]?.size ?? 0;
    const group = queue.slice(0, count);
    queue = queue.slice(count);
    waiting -= size;
    return group;
  }

  return {
    /** Settles with the commit of the group that the call joined. */
    join(call: Call<Work>): Promise<void> {
      return new Promise((resolve, reject) => {
        queue.push({ ...call, resolve, reject });
        waiting += call.size;
        schedule();
      });
    },
    /** How many entries wait. */
    waiting: (): number => waiting,
    /** Commit all waiting work now. */
    finish(): void {
      while (queue.length > 0) runGroup();
    },
  };
}
