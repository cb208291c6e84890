import { type Clock, systemClock } from '@watchbill/kit';
import { openMetrics } from '@watchbill/kit/metrics';
import type { Permit } from '../contract.ts';
import type { Meter } from '../ports.ts';
import { METRICS } from './catalogue.ts';
import { createLevels } from './levels.ts';

/** The HTTP server's counters beside the core's {@link Meter}. */
export interface HttpMeter {
  answered(route: string, status: number): void;
  rejected(code: string): void;
  streams(clients: number): void;
  streamDropped(): void;
  /** A readiness report named this distance between the node's clock and its chain. */
  nodeClock(node: string, offsetMs: number): void;
  /** The service serves TLS with a certificate that ends at this time. */
  certificateEnd(atMs: number): void;
}

export interface Metrics extends Meter, HttpMeter {
  /** One call that the store made to a server of its cluster. */
  engineCall(method: string, outcome: string, tookMs: number): void;
  readonly contentType: string;
  /**
   * The text of `/metrics`. Levels (store, watch, session) are read from the service first. A level that
   * cannot be read in time keeps its last value, except the store's health, which is then 0.
   */
  expose(permit: Permit, timeoutMs: number): Promise<string>;
}

export interface MeterOptions {
  readonly version: string;
  /** Metrics of the runtime too (`watchbill_process_*`, `watchbill_nodejs_*`). Default true. */
  readonly runtime?: boolean;
  /** Bounds the reading of levels. Default: the clock of this machine. */
  readonly clock?: Clock;
}

/** The metrics of one service, in a separate registry. */
export function createMeter(options: MeterOptions): Metrics {
  const runtime = options.runtime === false ? {} : { runtime: 'watchbill_' };
  const { series, text, contentType } = openMetrics(METRICS, runtime);
  for (const absent of [series.certificateEnd, series.storeQuorumMargin, series.storeTerm]) absent.clear();
  series.buildInfo.set({ version: options.version, node: process.version }, 1);
  const levels = createLevels(series, options.clock ?? systemClock());

  return {
    contentType,
    decision: (duty, outcome, reason, tookMs) => {
      series.decisions.add({ duty, outcome, reason });
      series.claimSeconds.observe({ duty }, tookMs / 1_000);
    },
    storeCall: (call, outcome, tookMs) => series.storeSeconds.observe({ call, outcome }, tookMs / 1_000),
    engineCall: (method, outcome, tookMs) =>
      series.engineSeconds.observe({ method, outcome }, tookMs / 1_000),
    ledgerAppend: (entries, tookMs) => {
      series.ledgerEntries.add(entries);
      series.ledgerSeconds.observe(tookMs / 1_000);
    },
    unit: (key, duty, outcome) => series.units.add({ key, duty, outcome }),
    batch: (transactions) => series.batch.observe(transactions),
    answered: (route, status) => series.requests.add({ route, status: String(status) }),
    rejected: (code) => series.rejected.add({ code }),
    streams: (clients) => series.streams.set(clients),
    streamDropped: () => series.streamsDropped.add(),
    nodeClock: (node, offsetMs) => series.nodeClock.set({ node }, offsetMs / 1_000),
    certificateEnd: (atMs) => series.certificateEnd.set(atMs / 1_000),
    expose: async (permit, timeoutMs) => {
      await levels.refresh(permit, timeoutMs);
      return text();
    },
  };
}
