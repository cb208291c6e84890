import type { Logger } from 'pino';
import type { Duty } from '../../rule/index.ts';
import type { ServedPermit } from '../contract.ts';
import type { Metrics } from '../metrics/meter.ts';
import type { Admission } from './admission.ts';

/** Bounds of the server. Times in milliseconds, sizes in bytes. */
export interface Limits {
  readonly bodyBytes: number;
  /** With a running request of a known identity; and as many more without. */
  readonly maxConnections: number;
  /**
   * Of those from one address, or one network of IPv6, before a request has shown its identity; and of those
   * of one identity.
   */
  readonly maxConnectionsPerAddress: number;
  /** Time for the whole header, and for the whole request with its body. */
  readonly headersTimeoutMs: number;
  readonly requestTimeoutMs: number;
  /** A body of which nothing more arrives for so long ends the connection. */
  readonly bodyStallMs: number;
  /** How long a quiet connection is kept between requests. */
  readonly keepAliveMs: number;
  /** How long a connection with a running request may be silent; above the longest claim. */
  readonly idleMs: number;
  /** The server answers `unknown` to a claim that takes longer; above the longest `timeoutMs` of a claim. */
  readonly claimTimeoutMs: number;
  /** A request of the original wire protocol is answered `false` by then. */
  readonly originalTimeoutMs: number;
  readonly maxStreams: number;
  /** The unread bytes of a stream's client before it is dropped. */
  readonly streamBufferBytes: number;
  readonly heartbeatMs: number;
  /** Exports of the ledger at once; each one holds a page of it in memory. */
  readonly maxExports: number;
  /** How long the client of an export may pause its reading, and how long a whole export may take. */
  readonly exportStallMs: number;
  readonly exportTimeoutMs: number;
  /** How long `/readyz` and `/metrics` wait for the service. */
  readonly probeTimeoutMs: number;
}

export const DEFAULT_LIMITS: Limits = {
  bodyBytes: 16_384,
  maxConnections: 4_096,
  maxConnectionsPerAddress: 1_024,
  headersTimeoutMs: 5_000,
  requestTimeoutMs: 10_000,
  bodyStallMs: 2_000,
  keepAliveMs: 75_000,
  idleMs: 65_000,
  claimTimeoutMs: 31_000,
  originalTimeoutMs: 20_000,
  maxStreams: 64,
  streamBufferBytes: 262_144,
  heartbeatMs: 15_000,
  maxExports: 1,
  exportStallMs: 30_000,
  exportTimeoutMs: 900_000,
  probeTimeoutMs: 2_000,
};

/** Dependencies of every part of the HTTP server. */
export interface HttpContext {
  readonly permit: ServedPermit;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly duties: ReadonlyMap<string, Duty>;
  readonly limits: Limits;
  readonly belongs: Admission['belongs'];
  readonly version: string;
  /** The folder of the pages below `/help/`. */
  readonly help: URL;
  /** Aborted when the server begins to stop. */
  readonly stopping: AbortSignal;
}
