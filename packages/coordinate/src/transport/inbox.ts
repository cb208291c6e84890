/** Frames that wait for the application, in a bounded queue for each seat. */
export interface Inbox<Item> {
  /** False if the queue of the seat is full. */
  offer(seat: number, item: Item): boolean;
  /** Drops waiting items, and delivers no more. */
  close(): void;
}

/**
 * Delivers one item of every seat that has some, then lets other work run (`later`), and continues. So a
 * member that fills its own queue delays the others by at most one item per turn.
 */
export function inbox<Item>(
  limit: number,
  later: (run: () => void) => void,
  handOver: (seat: number, item: Item) => void,
): Inbox<Item> {
  const queues = new Map<number, Item[]>();
  let isTurnDue = false;
  let isClosed = false;

  const turn = (): void => {
    isTurnDue = false;
    for (const [seat, queue] of [...queues]) {
      const item = queue.shift();
      if (queue.length === 0) queues.delete(seat);
      if (item !== undefined && !isClosed) handOver(seat, item);
    }
    if (queues.size > 0) due();
  };
  const due = (): void => {
    if (isTurnDue || isClosed) return;
    isTurnDue = true;
    later(turn);
  };

  return {
    offer: (seat, item) => {
      const queue = queues.get(seat) ?? [];
      if (isClosed || queue.length >= limit) return false;
      queue.push(item);
      queues.set(seat, queue);
      due();
      return true;
    },
    close: () => {
      isClosed = true;
      queues.clear();
    },
  };
}
