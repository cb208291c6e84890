import { Gauge, type Metric, type Registry } from 'prom-client';
import { METRICS, type MetricName, type MetricSpec } from './catalogue.ts';

type NamesOf<Type extends MetricSpec['type']> = {
  [Name in MetricName]: (typeof METRICS)[Name]['type'] extends Type ? Name : never;
}[MetricName];

/** A counter whose labelled children are looked up once and kept. */
export interface Count {
  add(labels: readonly string[], value?: number): void;
}

export interface Observe {
  observe(labels: readonly string[], value: number): void;
}

export interface Level {
  set(labels: readonly string[], value: number): void;
  /** Forget every labelled value. */
  clear(): void;
}

/**
 * Label values come from bounded sets (duties, codes, routes); beyond this many, no more children are kept.
 */
const MAX_CHILDREN = 4_096;

type Labels = Readonly<Record<string, string | number>>;

/** One line of `/metrics`. */
interface Sample {
  readonly labels: Labels;
  readonly value: number;
  /** The name of the line, if it is not the metric's. */
  readonly metricName?: string;
}

/** Counts in plain numbers: a grant makes ten of these calls, and prom-client checks its labels in each. */
export function counter(registry: Registry, name: NamesOf<'counter'>): Count {
  const spec = METRICS[name];
  const totals = children(spec, (labels) => ({ labels, value: 0 }));
  register(registry, spec, totals.all);
  return {
    add(values, value = 1) {
      const total = totals.of(values);
      if (total !== null) total.value += value;
    },
  };
}

interface Tally {
  readonly labels: Labels;
  /** Observations in each bucket; the last one is above every bound. */
  readonly counts: number[];
  sum: number;
}

/** Counts in plain numbers, as {@link counter} does. */
export function histogram(registry: Registry, name: NamesOf<'histogram'>): Observe {
  const spec = METRICS[name];
  const bounds: readonly number[] = spec.buckets;
  const tallies = children(
    spec,
    (labels): Tally => ({ labels, counts: new Array(bounds.length + 1).fill(0), sum: 0 }),
  );
  register(registry, spec, () => tallies.all().flatMap((tally) => samplesOf(spec.name, bounds, tally)));
  return {
    observe(values, value) {
      const tally = tallies.of(values);
      if (tally === null) return;
      let at = 0;
      while (at < bounds.length && value > (bounds[at] ?? 0)) at += 1;
      tally.counts[at] = (tally.counts[at] ?? 0) + 1;
      tally.sum += value;
    },
  };
}

export function gauge(registry: Registry, name: NamesOf<'gauge'>): Level {
  const { name: metric, help, labels } = METRICS[name];
  if (labels.length === 0) return plainGauge(registry, METRICS[name]);
  const made = new Gauge({ name: metric, help, labelNames: [...labels], registers: [registry] });
  return {
    set: (values, value) => made.labels(...values).set(value),
    clear: () => made.reset(),
  };
}

/** The number of claims under way is set twice by each. */
function plainGauge(registry: Registry, spec: MetricSpec): Level {
  let current: number | null = 0;
  register(registry, spec, () => (current === null ? [] : [{ labels: {}, value: current }]));
  return {
    set: (_values, value) => {
      current = value;
    },
    clear: () => {
      current = null;
    },
  };
}

/** The lines of a histogram: each bucket counts all observations up to its bound. */
function samplesOf(name: string, bounds: readonly number[], { labels, counts, sum }: Tally): Sample[] {
  let count = 0;
  const buckets = counts.map((inBucket, at): Sample => {
    count += inBucket;
    return { labels: { le: bounds[at] ?? '+Inf', ...labels }, value: count, metricName: `${name}_bucket` };
  });
  const rest: Sample[] = [
    { labels, value: sum, metricName: `${name}_sum` },
    { labels, value: count, metricName: `${name}_count` },
  ];
  return [...buckets, ...rest];
}

/** Let `/metrics` show the samples under this metric, as they are when it is read. */
function register(registry: Registry, spec: MetricSpec, samples: () => readonly Sample[]): void {
  const { name, help, type } = spec;
  const metric = { name, help, type, get: async () => ({ name, help, type, values: samples() }) };
  // The type is the union of prom-client's classes; the registry itself reads a name and calls `get`.
  registry.registerMetric(metric as unknown as Metric<string>);
}

interface Children<Child> {
  /** Null beyond the bound. */
  of(values: readonly string[]): Child | null;
  /** In the order in which they were first counted. */
  all(): readonly Child[];
}

/** A metric without labels has one child from the start. */
function children<Child>({ labels }: MetricSpec, make: (labels: Labels) => Child): Children<Child> {
  const known = new Map<string, Child>();

  function of(values: readonly string[]): Child | null {
    const id = values.length === 1 ? (values[0] ?? '') : values.join('\u0000');
    const found = known.get(id);
    if (found !== undefined) return found;
    if (known.size >= MAX_CHILDREN) return null;
    const made = make(Object.fromEntries(labels.map((name, at) => [name, values[at] ?? ''])));
    known.set(id, made);
    return made;
  }

  if (labels.length === 0) of([]);
  return { of, all: () => [...known.values()] };
}
