/** Future events: a queue by time, and in order of entry if times are equal. */
export interface Later {
  nowMs(): number;
  /** Throws a RangeError for a moment in the past. */
  at(atMs: number, what: () => void): void;
  after(delayMs: number, what: () => void): void;
  /** Runs all events up to this moment, which is then the present time. */
  runUntil(atMs: number): void;
}

interface Entry {
  readonly atMs: number;
  readonly order: number;
  readonly what: () => void;
}

export function later(): Later {
  const heap: Entry[] = [];
  let nowMs = 0;
  let count = 0;
  const at = (atMs: number, what: () => void) => {
    if (!(atMs >= nowMs)) throw new RangeError(`${atMs} ms is in the past; the time is ${nowMs} ms`);
    count += 1;
    push(heap, { atMs, order: count, what });
  };
  return {
    nowMs: () => nowMs,
    at,
    after: (delayMs, what) => at(nowMs + delayMs, what),
    runUntil: (atMs) => {
      for (let first = heap[0]; first !== undefined && first.atMs <= atMs; first = heap[0]) {
        pop(heap);
        nowMs = first.atMs;
        first.what();
      }
      nowMs = Math.max(nowMs, atMs);
    },
  };
}

function isBefore(left: Entry, right: Entry): boolean {
  return left.atMs < right.atMs || (left.atMs === right.atMs && left.order < right.order);
}

function push(heap: Entry[], entry: Entry): void {
  let at = heap.length;
  heap.push(entry);
  while (at > 0) {
    const up = (at - 1) >> 1;
    const parent = heap[up];
    if (parent === undefined || !isBefore(entry, parent)) break;
    heap[at] = parent;
    heap[up] = entry;
    at = up;
  }
}

function pop(heap: Entry[]): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  let at = 0;
  for (;;) {
    const child = smallerChild(heap, at);
    const below = heap[child];
    if (below === undefined || !isBefore(below, last)) break;
    heap[at] = below;
    at = child;
  }
  heap[at] = last;
}

function smallerChild(heap: readonly Entry[], at: number): number {
  const [left, right] = [2 * at + 1, 2 * at + 2];
  const [one, other] = [heap[left], heap[right]];
  return one !== undefined && other !== undefined && isBefore(other, one) ? right : left;
}
