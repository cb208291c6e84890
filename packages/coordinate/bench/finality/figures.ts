import { type FinalBlock, FinalityFault } from './ledger.ts';

/** Milliseconds of many samples. */
export interface Spread {
  readonly samples: number;
  readonly mean: number;
  readonly p50: number;
  readonly p99: number;
  readonly longest: number;
}

/** What was measured of one network. Times in milliseconds. */
export interface FinalityFigures {
  readonly firstBlock: number;
  readonly lastBlock: number;
  /** From a block's import to its finality, at every node. */
  readonly lagMs: Spread;
  /** The longest time between two steps of the finalised head of a node; null after a single step. */
  readonly longestGapMs: number | null;
  /** Mean time between two imports, over nodes; null for a single block. */
  readonly blockTimeMs: number | null;
  /** Blocks that became final per second, over nodes; null where all became final at once. */
  readonly finalisedPerSecond: number | null;
  readonly blocks: readonly MeasuredBlock[];
}

export interface MeasuredBlock {
  readonly number: number;
  readonly hash: string;
  /** By the name of the node. */
  readonly lagMs: Readonly<Record<string, number>>;
}

/**
 * Figures of the blocks that every node imported and finalised. Throws a FinalityFault if a block is missing
 * at a node, if its import was not seen, or if two nodes have another block of one number. Pure.
 */
export function figuresOf(
  seen: ReadonlyMap<string, readonly FinalBlock[]>,
  firstBlock: number,
  count: number,
): FinalityFigures {
  const nodes = [...seen].map(([name, blocks]) => ({
    name,
    blocks: complete(name, blocks, firstBlock, count),
  }));
  const [one] = nodes;
  if (one === undefined) throw new FinalityFault('no node was listened to', 'give at least one node');
  const blocks = one.blocks.map(({ number, hash }, index) => ({
    number,
    hash,
    lagMs: Object.fromEntries(
      nodes.map(({ name, blocks: own }) => {
        const block = own[index];
        if (block === undefined || block.hash !== hash)
          throw new FinalityFault(
            `${name} and ${one.name} hold different blocks ${number} for final`,
            'keep the chains and logs: finality is broken there',
          );
        return [name, rounded(block.finalisedMs - block.importedMs)];
      }),
    ),
  }));
  return {
    firstBlock,
    lastBlock: firstBlock + count - 1,
    lagMs: spreadOf(
      nodes.flatMap(({ blocks: own }) => own.map((block) => block.finalisedMs - block.importedMs)),
    ),
    longestGapMs: largest(
      nodes.map(({ blocks: own }) => longestGap(own.map(({ finalisedMs }) => finalisedMs))),
    ),
    blockTimeMs: meanOf(nodes.map(({ blocks: own }) => pace(own.map(({ importedMs }) => importedMs)))),
    finalisedPerSecond: meanOf(
      nodes.map(({ blocks: own }) => {
        const ms = pace(own.map(({ finalisedMs }) => finalisedMs));
        return ms === null || ms === 0 ? null : 1_000 / ms;
      }),
    ),
    blocks,
  };
}

type Timed = FinalBlock & { readonly importedMs: number };

function complete(
  name: string,
  blocks: readonly FinalBlock[],
  firstBlock: number,
  count: number,
): readonly Timed[] {
  const timed = blocks.flatMap((block) => {
    const { importedMs } = block;
    return importedMs === null ? [] : [{ ...block, importedMs }];
  });
  const isWhole = timed.length === count && timed.every(({ number }, index) => number === firstBlock + index);
  if (!isWhole)
    throw new FinalityFault(
      `${name} saw ${timed.length} of ${count} blocks come and become final`,
      'measure again, with a longer warm-up',
    );
  return timed;
}

/** Spread of samples, nearest rank. Throws where there is none. Pure. */
export function spreadOf(samples: readonly number[]): Spread {
  const sorted = Float64Array.from(samples).sort();
  const at = (share: number): number =>
    sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
  if (sorted.length === 0) throw new FinalityFault('there are no samples', 'measure at least one block');
  const mean = sorted.reduce((sum, value) => sum + value, 0) / sorted.length;
  return {
    samples: sorted.length,
    mean: rounded(mean),
    p50: rounded(at(0.5)),
    p99: rounded(at(0.99)),
    longest: rounded(at(1)),
  };
}

function longestGap(times: readonly number[]): number | null {
  const steps = [...new Set(times)];
  return largest(steps.slice(1).map((time, index) => time - (steps[index] ?? time)));
}

/** Mean time from one to the next. */
function pace(times: readonly number[]): number | null {
  const [first] = times;
  const last = times.at(-1);
  return first === undefined || last === undefined || times.length < 2
    ? null
    : (last - first) / (times.length - 1);
}

function largest(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : rounded(Math.max(...known));
}

function meanOf(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : rounded(known.reduce((sum, value) => sum + value, 0) / known.length);
}

/** Microseconds are below what is measured here. */
function rounded(ms: number): number {
  return Math.round(ms * 1_000) / 1_000;
}
