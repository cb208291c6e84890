import { Counter, Gauge, Registry } from 'prom-client';
import { EXPORTER_SERIES, type ExporterSeries, type Sample } from './catalogue.ts';

/** The served samples: those of one complete look, or none. */
export interface Board {
  readonly contentType: string;
  /** Replaces all samples. */
  readonly publish: (samples: readonly Sample[]) => void;
  readonly text: () => Promise<string>;
}

/** Counters keep their names and values; they are set anew with each look, from counts that only rise. */
export function openBoard(): Board {
  const register = new Registry();
  const metrics = new Map<ExporterSeries, Gauge | Counter>();
  for (const [series, { name, type, help, labels }] of EXPORTER_SERIES) {
    const options = { name, help, labelNames: [...labels], registers: [register] };
    metrics.set(series, type === 'gauge' ? new Gauge(options) : new Counter(options));
  }
  return {
    contentType: register.contentType,
    publish: (samples) => {
      for (const metric of metrics.values()) metric.reset();
      for (const { series, labels, value } of samples) metrics.get(series)?.inc(labels, value);
    },
    text: () => register.metrics(),
  };
}
