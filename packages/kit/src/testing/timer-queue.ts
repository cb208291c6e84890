export interface Timer {
  readonly atMs: number;
  readonly order: number;
  readonly fire: () => void;
}

/** Timers by time, then by the order in which they were set: a binary heap. */
export interface TimerQueue {
  /** Returns a function that removes the timer; removing one that is gone does nothing. */
  add(atMs: number, fire: () => void): () => void;
  /** The next timer, left in place. */
  peek(): Timer | undefined;
  take(): Timer | undefined;
  size(): number;
}

export function createTimerQueue(): TimerQueue {
  const heap: Timer[] = [];
  const removed = new Set<Timer>();
  let order = 0;

  function skipRemoved(): void {
    for (let top = heap[0]; top !== undefined && removed.has(top); top = heap[0]) {
      removed.delete(top);
      popTop(heap);
    }
  }

  return {
    add(atMs, fire) {
      const timer = { atMs, order: order++, fire };
      heap.push(timer);
      siftUp(heap, heap.length - 1);
      let present = true;
      return () => {
        if (present && !taken.has(timer)) removed.add(timer);
        present = false;
      };
    },
    peek() {
      skipRemoved();
      return heap[0];
    },
    take() {
      skipRemoved();
      const top = popTop(heap);
      if (top !== undefined) taken.add(top);
      return top;
    },
    size: () => heap.length - removed.size,
  };
}

/** Timers that fired; weak, so that it holds nothing alive. */
const taken = new WeakSet<Timer>();

function before(a: Timer | undefined, b: Timer | undefined): boolean {
  if (a === undefined || b === undefined) return a !== undefined;
  return a.atMs === b.atMs ? a.order < b.order : a.atMs < b.atMs;
}

function swap(heap: Timer[], a: number, b: number): void {
  const first = heap[a];
  const second = heap[b];
  if (first === undefined || second === undefined) return;
  heap[a] = second;
  heap[b] = first;
}

function siftUp(heap: Timer[], from: number): void {
  for (let at = from; at > 0; ) {
    const parent = (at - 1) >> 1;
    if (!before(heap[at], heap[parent])) return;
    swap(heap, at, parent);
    at = parent;
  }
}

function popTop(heap: Timer[]): Timer | undefined {
  swap(heap, 0, heap.length - 1);
  const top = heap.pop();
  for (let at = 0; ; ) {
    const left = 2 * at + 1;
    const child = before(heap[left + 1], heap[left]) ? left + 1 : left;
    if (!before(heap[child], heap[at]) || heap[child] === undefined) return top;
    swap(heap, at, child);
    at = child;
  }
}
