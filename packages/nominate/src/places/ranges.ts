/** Addresses from one to another, both of them in it. */
export interface Range {
  readonly from: bigint;
  readonly to: bigint;
  /** What it says, by number. */
  readonly says: number;
  /** The line that it stands on. */
  readonly line: number;
}

/** Disjoint ranges in order: each says its number up to the beginning of the next, -1 says nothing. */
export interface RangeIndex {
  readonly starts: readonly bigint[];
  readonly says: readonly number[];
}

export interface Clash {
  readonly line: number;
  readonly other: number;
  /** The very same range, or one that is partly in the other. */
  readonly how: 'same' | 'partly';
}

/** Makes nested ranges disjoint: the smaller one counts. Those that are equal or overlap in part are left out and told. */
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

/** What is said of an address; -1 for nothing. */
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
