/** Numbers in ascending order, for quantiles. */
export type Ascending = readonly number[];

/** A copy in ascending order. */
export function ascending(values: readonly number[]): Ascending {
  return [...values].sort((a, b) => a - b);
}

/**
 * The quantile `q` (0 to 1) by linear interpolation at position (n - 1) * q; `undefined` for an empty list.
 * The operations and their order are those of the reference, so that equal inputs give equal bits.
 */
export function quantile(sorted: Ascending, q: number): number | undefined {
  const position = (sorted.length - 1) * q;
  const base = Math.floor(position);
  const rest = position - base;
  const [low, high] = [sorted[base], sorted[base + 1]];
  return low === undefined || high === undefined ? low : low + rest * (high - low);
}

/**
 * The position of a value between two quantiles of a population: 0 at or below the lower one, 1 at or above
 * the upper one, linear between. 0 for an empty population and for a value that is not a number.
 */
export function scaledBetween(
  value: number,
  sorted: Ascending,
  lowQuantile: number,
  highQuantile: number,
): number {
  const low = quantile(sorted, lowQuantile);
  const high = quantile(sorted, highQuantile);
  if (low === undefined || high === undefined || Number.isNaN(value)) return 0;
  if (value <= low) return 0;
  if (value >= high) return 1;
  return (value - low) / (high - low);
}

/** {@link scaledBetween} the tenth and the ninetieth percentile. */
export function scaled(value: number, sorted: Ascending): number {
  return scaledBetween(value, sorted, 0.1, 0.9);
}

/** The distribution of a population. All 0 for an empty one. */
export interface Statistics {
  readonly count: number;
  readonly minimum: number;
  readonly q10: number;
  readonly q25: number;
  readonly q50: number;
  readonly q75: number;
  readonly q90: number;
  readonly maximum: number;
  readonly mean: number;
  /** Of a sample: divided by n - 1; 0 for fewer than two. */
  readonly standardDeviation: number;
}

/** The distribution of a population. */
export function statisticsOf(sorted: Ascending): Statistics {
  const at = (q: number) => quantile(sorted, q) ?? 0;
  const mean = meanOf(sorted);
  return {
    count: sorted.length,
    minimum: at(0),
    q10: at(0.1),
    q25: at(0.25),
    q50: at(0.5),
    q75: at(0.75),
    q90: at(0.9),
    maximum: at(1),
    mean,
    standardDeviation: sorted.length > 1 ? Math.sqrt(squares(sorted, mean) / (sorted.length - 1)) : 0,
  };
}

/** The variance of a whole population: divided by n; 0 for an empty one. */
export function variance(values: readonly number[]): number {
  return values.length === 0 ? 0 : squares(values, meanOf(values)) / values.length;
}

function meanOf(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}

function squares(values: readonly number[], mean: number): number {
  return values.reduce((sum, value) => sum + (value - mean) * (value - mean), 0);
}
