import { type Clock, systemClock } from '@watchbill/kit';
import { openMetrics } from '@watchbill/kit/metrics';
import type { Permit } from '../contract.ts';
import type { Meter } from '../ports.ts';
import { METRICS } from './catalogue.ts';
import { createLevels } from './levels.ts';

/** The counters of the HTTP server beside the core's {@link Meter}. */
export type Metrics = ReturnType<typeof createMeter>;

export interface MeterOptions {
  readonly version: string;
  /** Metrics of the runtime too (`watchbill_process_*`, `watchbill_nodejs_*`). Default true. */
  readonly runtime?: boolean;
  /** Bounds the reading of levels. Default: the clock of this machine. */
  readonly clock?: Clock;
}

/** The metrics of one service, in a separate registry. */
export function createMeter(options: MeterOptions) {
  const runtime = options.runtime === false ? {} : { runtime: 'watchbill_' };
  const { series, text, contentType } = openMetrics(METRICS, runtime);
  for (const absent of [series.certificateEnd, series.storeQuorumMargin, series.storeTerm]) absent.clear();
  series.buildInfo.set({ version: options.version, node: process.version }, 1);
  const levels = createLevels(series, options.clock ?? systemClock());

  return {
    contentType,
    decision: (duty: string, outcome: string, reason: string, tookMs: number): void => {
      series.decisions.add({ duty, outcome, reason });
      series.claimSeconds.observe({ duty }, tookMs / 1_000);
    },
    storeCall: (call: string, outcome: string, tookMs: number): void =>
      series.storeSeconds.observe({ call, outcome }, tookMs / 1_000),
    /** One call that the store made to a server of its cluster. */
    engineCall: (method: string, outcome: string, tookMs: number): void =>
      series.engineSeconds.observe({ method, outcome }, tookMs / 1_000),
    ledgerAppend: (entries: number, tookMs: number): void => {
      series.ledgerEntries.add(entries);
      series.ledgerSeconds.observe(tookMs / 1_000);
    },
    unit: (key: string, duty: string, outcome: string): void => series.units.add({ key, duty, outcome }),
    batch: (transactions: number): void => series.batch.observe(transactions),
    answered: (route: string, status: number): void => series.requests.add({ route, status: String(status) }),
    rejected: (code: string): void => series.rejected.add({ code }),
    streams: (clients: number): void => series.streams.set(clients),
    streamDropped: (): void => series.streamsDropped.add(),
    /** A readiness report named this distance between the node's clock and its chain. */
    nodeClock: (node: string, offsetMs: number): void => series.nodeClock.set({ node }, offsetMs / 1_000),
    /** The service serves TLS with a certificate that ends at this time. */
    certificateEnd: (atMs: number): void => series.certificateEnd.set(atMs / 1_000),
    /**
     * The text of `/metrics`. Levels (store, watch, session) are read from the service first. A level that
     * cannot be read in time keeps its last value, except the store's health, which is then 0.
     */
    expose: async (permit: Permit, timeoutMs: number): Promise<string> => {
      await levels.refresh(permit, timeoutMs);
      return text();
    },
  } satisfies Meter & Record<string, unknown>;
}
