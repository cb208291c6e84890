import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
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

export function counter(registry: Registry, name: NamesOf<'counter'>): Count {
  const { name: metric, help, labels } = METRICS[name];
  const made = new Counter({ name: metric, help, labelNames: [...labels], registers: [registry] });
  const child = children((values) => made.labels(...values));
  return { add: (values, value = 1) => child(values)?.inc(value) };
}

export function histogram(registry: Registry, name: NamesOf<'histogram'>): Observe {
  const { name: metric, help, labels, buckets } = METRICS[name];
  const made = new Histogram({
    name: metric,
    help,
    labelNames: [...labels],
    buckets: [...buckets],
    registers: [registry],
  });
  const child = children((values) => made.labels(...values));
  return { observe: (values, value) => child(values)?.observe(value) };
}

export function gauge(registry: Registry, name: NamesOf<'gauge'>): Level {
  const { name: metric, help, labels } = METRICS[name];
  const made = new Gauge({ name: metric, help, labelNames: [...labels], registers: [registry] });
  const unlabelled = labels.length === 0;
  return {
    set: (values, value) => (unlabelled ? made.set(value) : made.labels(...values).set(value)),
    clear: () => (unlabelled ? made.remove() : made.reset()),
  };
}

function children<Child>(
  make: (values: readonly string[]) => Child,
): (values: readonly string[]) => Child | null {
  const known = new Map<string, Child>();
  return (values) => {
    const id = values.length === 1 ? (values[0] ?? '') : values.join('\u0000');
    const found = known.get(id);
    if (found !== undefined) return found;
    if (known.size >= MAX_CHILDREN) return null;
    const made = make(values);
    known.set(id, made);
    return made;
  };
}
