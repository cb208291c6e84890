import { collectDefaultMetrics, type Metric, Registry } from 'prom-client';
import type { MetricEntry, MetricTable } from './metric-table.ts';

type LabelsOf<Entry extends MetricEntry> = Readonly<Record<Entry['labels'][number], string>>;

/** An instrument of a series without labels takes the value alone. */
type Call<Entry extends MetricEntry, Value extends unknown[]> = [Entry['labels'][number]] extends [never]
  ? (...value: Value) => void
  : (labels: LabelsOf<Entry>, ...value: Value) => void;

/** `add` adds 1, or the given value. `clear` forgets every value; a series without a value is absent. */
export type Instrument<Entry extends MetricEntry> = Clearable &
  {
    readonly counter: { readonly add: Call<Entry, [by?: number]> };
    readonly gauge: { readonly set: Call<Entry, [value: number]> };
    readonly histogram: { readonly observe: Call<Entry, [value: number]> };
  }[Entry['type']];

interface Clearable {
  readonly clear: () => void;
}

export type Instruments<Table extends MetricTable> = {
  readonly [Name in keyof Table]: Instrument<Table[Name]>;
};

/** One value of a counter or a gauge of the table. */
export interface MetricSample<Name extends PropertyKey> {
  readonly metric: Name;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Metrics<Table extends MetricTable> {
  readonly series: Instruments<Table>;
  /** Replaces all values of these counters and gauges. Samples with equal labels are added up. */
  readonly replace: (names: readonly (keyof Table)[], samples: readonly MetricSample<keyof Table>[]) => void;
  /** The text that Prometheus reads. */
  readonly text: () => Promise<string>;
  readonly contentType: string;
}

export interface MetricsOptions {
  /** Labels of every series. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Also serve the metrics of process and runtime, with this before their names. */
  readonly runtime?: string;
  /**
   * Sets of labels that a counter or histogram keeps; later ones are dropped. Default 4096: the values of
   * labels come from bounded sets, for example duties, codes and routes.
   */
  readonly mostChildren?: number;
}

const MOST_CHILDREN = 4_096;

/** Instruments for the series of a table, in a separate registry. */
export function openMetrics<Table extends MetricTable>(
  table: Table,
  { labels = {}, runtime, mostChildren = MOST_CHILDREN }: MetricsOptions = {},
): Metrics<Table> {
  const registry = new Registry();
  registry.setDefaultLabels(labels);
  const opened = new Map<keyof Table, Opened>();
  for (const [name, entry] of Object.entries(table)) opened.set(name, open(registry, entry, mostChildren));
  if (runtime !== undefined) collectDefaultMetrics({ register: registry, prefix: runtime });
  return {
    series: Object.fromEntries(
      [...opened].map(([name, { instrument }]) => [name, instrument]),
    ) as Instruments<Table>,
    replace: (names, samples) => {
      for (const name of names) opened.get(name)?.instrument.clear();
      for (const { metric, labels: own, value } of samples) opened.get(metric)?.add(own, value);
    },
    text: () => registry.metrics(),
    contentType: registry.contentType,
  };
}

type Labels = Readonly<Record<string, string>>;
type Note = (labels: Labels, value: number) => void;

interface Opened {
  readonly instrument: Clearable;
  readonly add: Note;
}

/** One line of `/metrics`. */
interface Sample {
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
  /** The name of the line, if it is not that of the metric. */
  readonly metricName?: string;
}

/** Counts in plain numbers: a grant makes ten of these calls, and prom-client checks its labels in each. */
function open(registry: Registry, entry: MetricEntry, mostChildren: number): Opened {
  if (entry.type === 'histogram') return openHistogram(registry, entry, mostChildren);
  const isCounter = entry.type === 'counter';
  const values = children(entry, isCounter ? mostChildren : Number.POSITIVE_INFINITY, (labels) => ({
    labels,
    value: 0,
  }));
  register(registry, entry, values.all);
  const add: Note = (labels, value) => {
    const child = values.of(labels);
    if (child !== null) child.value += value;
  };
  const set: Note = (labels, value) => {
    const child = values.of(labels);
    if (child !== null) child.value = value;
  };
  const { clear } = values;
  const instrument = isCounter ? { add: callOf(entry, add), clear } : { set: callOf(entry, set), clear };
  return { instrument, add };
}

interface Tally {
  readonly labels: Labels;
  /** Observations in each bucket; the last one is above every bound. */
  readonly counts: number[];
  sum: number;
}

function openHistogram(registry: Registry, entry: MetricEntry, mostChildren: number): Opened {
  const { name, buckets: bounds = [] } = entry;
  const tallies = children(
    entry,
    mostChildren,
    (labels): Tally => ({ labels, counts: new Array(bounds.length + 1).fill(0), sum: 0 }),
  );
  register(registry, entry, () => tallies.all().flatMap((tally) => samplesOf(name, bounds, tally)));
  const observe: Note = (labels, value) => {
    const tally = tallies.of(labels);
    if (tally === null) return;
    let at = 0;
    while (at < bounds.length && value > (bounds[at] ?? 0)) at += 1;
    tally.counts[at] = (tally.counts[at] ?? 0) + 1;
    tally.sum += value;
  };
  return { instrument: { observe: callOf(entry, observe), clear: tallies.clear } as Clearable, add: observe };
}

const NO_LABELS: Labels = {};

/** Without labels, the value is the only argument. Without a value, it is 1. */
function callOf({ labels }: MetricEntry, note: Note) {
  return labels.length === 0
    ? (value = 1) => note(NO_LABELS, value)
    : (own: Labels, value = 1) => note(own, value);
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
function register(registry: Registry, entry: MetricEntry, samples: () => readonly Sample[]): void {
  const { name, help, type } = entry;
  const metric = { name, help, type, get: async () => ({ name, help, type, values: samples() }) };
  // The type is the union of prom-client's classes; the registry itself reads a name and calls `get`.
  registry.registerMetric(metric as unknown as Metric<string>);
}

interface Children<Child> {
  /** Null beyond the bound. */
  readonly of: (labels: Labels) => Child | null;
  /** In the order in which they were first counted. */
  readonly all: () => readonly Child[];
  readonly clear: () => void;
}

/** A metric without labels has one child from the start. */
function children<Child>(
  { labels: names }: MetricEntry,
  most: number,
  make: (labels: Labels) => Child,
): Children<Child> {
  const known = new Map<string, Child>();
  const [only = ''] = names;

  function of(labels: Labels): Child | null {
    const id = names.length <= 1 ? (labels[only] ?? '') : names.map((name) => labels[name]).join('\u0000');
    const found = known.get(id);
    if (found !== undefined) return found;
    if (known.size >= most) return null;
    const made = make(
      Object.fromEntries(names.filter((name) => name in labels).map((name) => [name, labels[name] ?? ''])),
    );
    known.set(id, made);
    return made;
  }

  if (names.length === 0) of(NO_LABELS);
  return { of, all: () => [...known.values()], clear: () => known.clear() };
}
