import { openMetrics } from '@watchbill/kit/metrics';
import { EXPORTER_METRICS, type ExporterSeries, type Sample } from './catalogue.ts';

/** The served samples: those of one complete look, or none. */
export interface Board {
  readonly contentType: string;
  /** Replaces all samples. */
  readonly publish: (samples: readonly Sample[]) => void;
  readonly text: () => Promise<string>;
}

const ALL = Object.keys(EXPORTER_METRICS) as ExporterSeries[];

/** Counters keep their names and values; they are set anew with each look, from counts that only rise. */
export function openBoard(): Board {
  // The network file bounds the nodes and stashes.
  const metrics = openMetrics(EXPORTER_METRICS, { mostChildren: Number.POSITIVE_INFINITY });
  return {
    contentType: metrics.contentType,
    publish: (samples) => metrics.replace(ALL, samples),
    text: metrics.text,
  };
}
