/** An inclusive range of addresses. */
export interface Range {
  readonly from: bigint;
  readonly to: bigint;
  /** The number of its place. */
  readonly says: number;
  /** Its line in the table. */
  readonly line: number;
}

/** Disjoint ranges in order. Each has its number up to the start of the next; -1 means no place. */
export interface RangeIndex {
  readonly starts: readonly bigint[];
  readonly says: readonly number[];
}

export interface Clash {
  readonly line: number;
  readonly other: number;
  /** The same range, or one that overlaps it in part. */
  readonly how: 'same' | 'partly';
}

/**
 * Makes nested ranges disjoint: the smaller one wins. Equal or partly overlapping ranges are left out and
 * reported.
 */
export function indexRanges(ranges: readonly Range[]): {
  readonly index: RangeIndex;
  readonly clashes: readonly Clash[];
} {
  const sorted = ranges.toSorted((a, b) => compare(a.from, b.from) || compare(b.to, a.to));
  const [starts, says, clashes, open]: [bigint[], number[], Clash[], Range[]] = [[], [], [], []];
  const begin = (start: bigint, what: number): void => {
    const at = starts.at(-1) === start ? starts.length - 1 : starts.length;
    [starts[at], says[at]] = [start, what];
  };
  const endBefore = (from: bigint | null): void => {
    for (
      let last = open.at(-1);
      last !== undefined && (from === null || last.to < from);
      last = open.at(-1)
    ) {
      open.pop();
      begin(last.to + 1n, open.at(-1)?.says ?? -1);
    }
  };
  for (const range of sorted) {
    endBefore(range.from);
    const around = open.at(-1);
    const isSame = around?.from === range.from && around.to === range.to;
    if (around !== undefined && (isSame || range.to > around.to)) {
      clashes.push({ line: range.line, other: around.line, how: isSame ? 'same' : 'partly' });
      continue;
    }
    begin(range.from, range.says);
    open.push(range);
  }
  endBefore(null);
  return { index: { starts, says }, clashes };
}

/** The number of the range that contains an address; -1 for none. */
export function saidOf({ starts, says }: RangeIndex, address: bigint): number {
  let [low, high] = [0, starts.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((starts[middle] ?? 0n) <= address) low = middle + 1;
    else high = middle;
  }
  return low === 0 ? -1 : (says[low - 1] ?? -1);
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : Number(a > b);
}
