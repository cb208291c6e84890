import { percentile } from '@watchbill/testkit/bench/statistics';
import { createSeededRandom } from '@watchbill/testkit/sim';

/** Latencies in milliseconds of one round of each side. */
export interface Pair {
  readonly bare: Float64Array;
  readonly through: Float64Array;
}

/** All requests of a side, in rising order. */
export function pooled(rounds: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(rounds.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const round of rounds) {
    all.set(round, at);
    at += round.length;
  }
  return all.sort();
}

/** The share of samples above a threshold, of rising ones. */
export function shareBeyond(sorted: Float64Array, thresholdMs: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? 0) > thresholdMs) high = middle;
    else low = middle + 1;
  }
  return (sorted.length - low) / sorted.length;
}

/** The ratio of a percentile of all requests through the gateway to that of all requests at the bare node. */
export function pooledRatio(pairs: readonly Pair[], share: number): number {
  const [bare, through] = [pooled(pairs.map((one) => one.bare)), pooled(pairs.map((one) => one.through))];
  return percentile(through, share) / percentile(bare, share);
}

export interface Interval {
  readonly low: number;
  readonly high: number;
}

const RESAMPLES = 2_000;
/** Bins of half a percent from a microsecond to 100 s: for the interval alone, the ratio itself is exact. */
const BIN = Math.log(1.005);
const LEAST_MS = 0.001;
const BINS = Math.ceil(Math.log(1e8) / BIN);

/**
 * A 95 % interval of {@link pooledRatio} by bootstrap over the rounds: pairs are drawn with replacement,
 * whole, since requests of one round share its stalls and are not independent. It says how far the figure
 * hangs on a few rounds.
 */
export function ratioInterval(pairs: readonly Pair[], share: number, seed: number): Interval {
  const random = createSeededRandom(seed);
  const binned = pairs.map(({ bare, through }) => ({ bare: bins(bare), through: bins(through) }));
  const ratios = Array.from({ length: RESAMPLES }, () => {
    const drawn = binned.map(() => random.pick(binned));
    return (
      binnedPercentile(
        drawn.map((one) => one.through),
        share,
      ) /
      binnedPercentile(
        drawn.map((one) => one.bare),
        share,
      )
    );
  });
  const sorted = Float64Array.from(ratios).sort();
  return { low: percentile(sorted, 0.025), high: percentile(sorted, 0.975) };
}

interface Binned {
  readonly counts: Uint32Array;
  readonly total: number;
}

function bins(values: Float64Array): Binned {
  const counts = new Uint32Array(BINS);
  for (const value of values) {
    const bin = Math.floor(Math.log(Math.max(value, LEAST_MS) / LEAST_MS) / BIN);
    const at = Math.min(BINS - 1, bin);
    counts[at] = (counts[at] ?? 0) + 1;
  }
  return { counts, total: values.length };
}

function binnedPercentile(rounds: readonly Binned[], share: number): number {
  const all = rounds.reduce((sum, { total }) => sum + total, 0);
  // Counted from the end: the percentiles that matter here are near it.
  let above = Math.floor((1 - share) * all + 1e-9);
  for (let at = BINS - 1; at >= 0; at -= 1) {
    for (const { counts } of rounds) above -= counts[at] ?? 0;
    if (above < 0) return LEAST_MS * Math.exp((at + 0.5) * BIN);
  }
  return LEAST_MS;
}
