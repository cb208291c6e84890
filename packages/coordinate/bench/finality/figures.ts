import { type Latency, latencyOf } from '@watchbill/testkit/bench/statistics';

/** The final blocks of a node in their order, each with the moments at which the node named it. */
export interface FinalBlock {
  readonly hash: string;
  /** Null if it was there before the bench listened. */
  readonly importedMs: number | null;
  readonly finalMs: number;
}

/** What was measured of one network. */
export interface FinalityFigures {
  /** From the import of a block to its finality, at every node. */
  readonly lag: Latency & { readonly meanMs: number };
  /** The longest time between two steps of the final head of a node. */
  readonly longestGapMs: number;
  /** The mean time between two imports. */
  readonly blockTimeMs: number;
  readonly finalPerSecond: number;
}

/**
 * Figures of `count` blocks in a row, after the first `warmUp` ones that every node was seen to import; null
 * as long as a node lacks one of them.
 * @throws if two nodes finalise different blocks
 */
export function figuresOf(
  nodes: readonly (readonly FinalBlock[])[],
  warmUp: number,
  count: number,
): FinalityFigures | null {
  const seen = nodes.map((blocks) => new Set(blocks.filter(wasSeen).map(({ hash }) => hash)));
  const common = nodes[0]?.filter(({ hash }) => seen.every((hashes) => hashes.has(hash))) ?? [];
  const measured = nodes.map((blocks) => {
    const first = blocks.findIndex(({ hash }) => hash === common[warmUp]?.hash);
    return first === -1 ? [] : blocks.slice(first, first + count);
  });
  if (measured.some((blocks) => blocks.length < count)) return null;
  const [chain = '', ...others] = measured.map((blocks) => blocks.map(({ hash }) => hash).join());
  if (others.some((other) => other !== chain))
    throw new Error('two nodes finalised different blocks: keep the chains and their logs');
  const lags = measured.flat().map(({ importedMs, finalMs }) => finalMs - (importedMs ?? finalMs));
  const imported = measured.map((blocks) => blocks.map(({ importedMs, finalMs }) => importedMs ?? finalMs));
  const final = measured.map((blocks) => blocks.map(({ finalMs }) => finalMs));
  return {
    lag: { ...latencyOf(lags), meanMs: mean(lags) },
    longestGapMs: Math.max(...final.flatMap(gaps)),
    blockTimeMs: mean(imported.flatMap(gaps)),
    finalPerSecond: 1_000 / mean(final.flatMap(gaps)),
  };
}

function wasSeen({ importedMs }: FinalBlock): boolean {
  return importedMs !== null;
}

function gaps(times: readonly number[]): readonly number[] {
  return times.slice(1).map((time, index) => time - (times[index] ?? time));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
