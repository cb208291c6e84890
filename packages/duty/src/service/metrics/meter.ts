import { type Clock, systemClock } from '@watchbill/kit';
import { collectDefaultMetrics, Registry } from 'prom-client';
import type { Permit } from '../contract.ts';
import type { Meter } from '../ports.ts';
import { counter, gauge, histogram } from './instruments.ts';
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

/** The metrics of one service, on prom-client, in a separate registry. */
export function createMeter(options: MeterOptions): Metrics {
  const registry = new Registry();
  const decisions = counter(registry, 'decisions');
  const units = counter(registry, 'units');
  const claimSeconds = histogram(registry, 'claimSeconds');
  const storeSeconds = histogram(registry, 'storeSeconds');
  const engineSeconds = histogram(registry, 'engineSeconds');
  const ledgerSeconds = histogram(registry, 'ledgerSeconds');
  const ledgerEntries = counter(registry, 'ledgerEntries');
  const batch = histogram(registry, 'batch');
  const requests = counter(registry, 'requests');
  const rejected = counter(registry, 'rejected');
  const streams = gauge(registry, 'streams');
  const streamsDropped = counter(registry, 'streamsDropped');
  const nodeClock = gauge(registry, 'nodeClock');
  const certificateEnd = gauge(registry, 'certificateEnd');
  certificateEnd.clear();
  const levels = createLevels(registry, options.clock ?? systemClock());
  gauge(registry, 'buildInfo').set([options.version, process.version], 1);
  if (options.runtime !== false) collectDefaultMetrics({ register: registry, prefix: 'watchbill_' });

  return {
    contentType: registry.contentType,
    decision: (duty, outcome, reason, tookMs) => {
      decisions.add([duty, outcome, reason]);
      claimSeconds.observe([duty], tookMs / 1_000);
    },
    storeCall: (call, outcome, tookMs) => storeSeconds.observe([call, outcome], tookMs / 1_000),
    engineCall: (method, outcome, tookMs) => engineSeconds.observe([method, outcome], tookMs / 1_000),
    ledgerAppend: (entries, tookMs) => {
      ledgerEntries.add([], entries);
      ledgerSeconds.observe([], tookMs / 1_000);
    },
    unit: (key, duty, outcome) => units.add([key, duty, outcome]),
    batch: (transactions) => batch.observe([], transactions),
    answered: (route, status) => requests.add([route, String(status)]),
    rejected: (code) => rejected.add([code]),
    streams: (clients) => streams.set([], clients),
    streamDropped: () => streamsDropped.add([]),
    nodeClock: (node, offsetMs) => nodeClock.set([node], offsetMs / 1_000),
    certificateEnd: (atMs) => certificateEnd.set([], atMs / 1_000),
    expose: async (permit, timeoutMs) => {
      await levels.refresh(permit, timeoutMs);
      return registry.metrics();
    },
  };
}
