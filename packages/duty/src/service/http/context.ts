import type { Logger } from 'pino';
import type { Deadlines } from '../claim/times.ts';
import type { ServedPermit } from '../contract.ts';
import type { Metrics } from '../metrics/meter.ts';
import type { Admission } from './admission.ts';

/** Bounds of the server. Times in milliseconds, sizes in bytes. */
export type Limits = Readonly<typeof DEFAULT_LIMITS>;

export const DEFAULT_LIMITS = {
  bodyBytes: 16_384,
  /** With a running request of a known identity; and as many more without. */
  maxConnections: 4_096,
  /**
   * Of those from one address, or one network of IPv6, before a request has shown its identity; and of those
   * of one identity.
   */
  maxConnectionsPerAddress: 1_024,
  /** Time for the whole header, and for the whole request with its body. */
  headersTimeoutMs: 5_000,
  requestTimeoutMs: 10_000,
  /** A body of which nothing more arrives for so long ends the connection. */
  bodyStallMs: 2_000,
  /** How long a quiet connection is kept between requests. */
  keepAliveMs: 75_000,
  /** How long a connection with a running request may be silent; above the longest claim. */
  idleMs: 65_000,
  /** The server answers `unknown` to a claim that takes longer; above the longest `timeoutMs` of a claim. */
  claimTimeoutMs: 31_000,
  /** A request of the original wire protocol is answered `false` by then. */
  originalTimeoutMs: 20_000,
  maxStreams: 64,
  /** The unread bytes of a stream's client before it is dropped. */
  streamBufferBytes: 262_144,
  heartbeatMs: 15_000,
  /** Exports of the ledger at once; each one holds a page of it in memory. */
  maxExports: 1,
  /** How long the client of an export may pause its reading, and how long a whole export may take. */
  exportStallMs: 30_000,
  exportTimeoutMs: 900_000,
  /** How long `/readyz` and `/metrics` wait for the service. */
  probeTimeoutMs: 2_000,
};

/** Dependencies of every part of the HTTP server. */
export interface HttpContext {
  readonly permit: ServedPermit;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly limits: Limits;
  readonly belongs: Admission['belongs'];
  /** On the monotonic clock of the process. */
  readonly deadlines: Deadlines;
  readonly version: string;
  /** The folder of the pages below `/help/`. */
  readonly help: URL;
  /** Aborted when the server begins to stop. */
  readonly stopping: AbortSignal;
}
