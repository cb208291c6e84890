/** The value below which a share of the samples lies (nearest rank). Throws where there is no sample. */
export function percentile(sorted: Float64Array, share: number): number {
  const value = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
  if (value === undefined) throw new Error('a percentile of no samples');
  return value;
}

/** The middle one; the mean of the two in the middle where their number is even. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  if (low === undefined || high === undefined) throw new Error('a median of no values');
  return (low + high) / 2;
}

/** The middle half of some values: a quarter of them is below `low`, a quarter above `high`. */
export interface Quartiles {
  readonly low: number;
  readonly middle: number;
  readonly high: number;
}

/** Quartiles by linear interpolation between neighbours, so that the middle one is the median. */
export function quartiles(values: readonly number[]): Quartiles {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): number => {
    const place = share * (sorted.length - 1);
    const [below, above] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]];
    if (below === undefined || above === undefined) throw new Error('quartiles of no values');
    return below + (above - below) * (place - Math.floor(place));
  };
  return { low: at(0.25), middle: at(0.5), high: at(0.75) };
}

/** Latencies of one measurement, in milliseconds. */
export interface Latency {
  readonly samples: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  readonly maxMs: number;
}

/** Collects latencies without making garbage while it is measured; grows by doubling. */
export interface Samples {
  add(ms: number): void;
  count(): number;
  latency(): Latency;
}

export function collectSamples(room = 65_536): Samples {
  let values = new Float64Array(room);
  let count = 0;
  return {
    add: (ms) => {
      if (count === values.length) {
        const larger = new Float64Array(2 * values.length);
        larger.set(values);
        values = larger;
      }
      values[count++] = ms;
    },
    count: () => count,
    latency: () => latencyOf(values.subarray(0, count)),
  };
}

/** The latency of some milliseconds. Throws where there is none. */
export function latencyOf(samplesMs: Float64Array | readonly number[]): Latency {
  const sorted = Float64Array.from(samplesMs).sort();
  return {
    samples: sorted.length,
    p50Ms: percentile(sorted, 0.5),
    p99Ms: percentile(sorted, 0.99),
    p999Ms: percentile(sorted, 0.999),
    maxMs: percentile(sorted, 1),
  };
}
