/** One series of `/metrics`. */
export interface MetricEntry {
  /** Ends in its unit, for example `_seconds`; that of a counter ends in `_total`. */
  readonly name: `watchbill_${string}`;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly labels: readonly string[];
  /** Upper bounds of the buckets of a histogram, rising. */
  readonly buckets?: readonly number[];
}

export type MetricTable = Readonly<Record<string, MetricEntry>>;

type Of<Type extends MetricEntry['type'], Label extends string> = MetricEntry & {
  readonly type: Type;
  readonly labels: readonly Label[];
};

/**
 * The series of a program, by the names that its code uses. `openMetrics` makes instruments of it, and
 * `docs/reference` its page.
 */
export const metricTable = <const Table extends MetricTable>(table: Table): Table => table;

/** A count that only rises. */
export function counter<const Label extends string = never>(
  name: `watchbill_${string}_total`,
  help: string,
  labels: readonly Label[] = [],
): Of<'counter', Label> {
  return { name, type: 'counter', help, labels };
}

/** A value that rises and falls. */
export function gauge<const Label extends string = never>(
  name: `watchbill_${string}`,
  help: string,
  labels: readonly Label[] = [],
): Of<'gauge', Label> {
  return { name, type: 'gauge', help, labels };
}

/** The distribution of values over buckets with these upper bounds. */
export function histogram<const Label extends string = never>(
  name: `watchbill_${string}`,
  help: string,
  buckets: readonly number[],
  labels: readonly Label[] = [],
): Of<'histogram', Label> & { readonly buckets: readonly number[] } {
  return { name, type: 'histogram', help, labels, buckets };
}

/**
 * The names of a table that none of these texts has. Give it the expressions of all alerts and panels, and
 * the pages for operators: a series that is in none of them helps in no incident.
 */
export function unreadMetrics(table: MetricTable, texts: readonly string[]): readonly string[] {
  const read = new Set(texts.flatMap((text) => text.match(/watchbill_\w+/g) ?? []));
  return Object.values(table).flatMap(({ name, type }) => {
    const shown = type === 'histogram' ? [name, `${name}_bucket`, `${name}_sum`, `${name}_count`] : [name];
    return shown.some((one) => read.has(one)) ? [] : [name];
  });
}
