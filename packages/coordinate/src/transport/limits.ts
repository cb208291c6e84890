import type { BackoffLimits } from './backoff.ts';
import type { Quota } from './token-bucket.ts';

/** The bounds of a transport. All have a default that suits a group of 50; see {@link DEFAULT_LIMITS}. */
export interface TransportLimits {
  /** For each member that sends to us. */
  readonly quota: Quota;
  /** Frames of one member that arrived and wait to be handed over. */
  readonly queuedFrames: number;
  /** Bytes that may wait for sending to one member; above it, frames to that member are dropped. */
  readonly sendBufferBytes: number;
  /** From the first byte until a peer has proven who it is. */
  readonly handshakeMs: number;
  /** Connections whose peer has not proven who it is. */
  readonly unauthenticated: number;
  /** The longest interval without a message to a member. */
  readonly keepAliveMs: number;
  /** A connection that is silent for so long is dead. */
  readonly silenceMs: number;
  readonly redial: BackoffLimits;
  /** How long an own statement is valid. */
  readonly statementMs: number;
  /** How far the clock of another member may differ from this one. */
  readonly clockSkewMs: number;
  /** From the call of close until everything has ended. */
  readonly closeMs: number;
}

/** Enough for repeats over several ranks of blocks. A flood uses it up within the burst. */
export const DEFAULT_LIMITS: TransportLimits = {
  quota: { perSecond: 50, burst: 500 },
  queuedFrames: 512,
  sendBufferBytes: 4 * 1024 * 1024,
  handshakeMs: 10_000,
  unauthenticated: 64,
  keepAliveMs: 10_000,
  silenceMs: 35_000,
  redial: { firstMs: 250, lastMs: 30_000 },
  statementMs: 24 * 3_600_000,
  clockSkewMs: 3_600_000,
  closeMs: 3_000,
};

/** The defaults with some of them replaced. */
export function limitsFrom(some: Partial<TransportLimits> = {}): TransportLimits {
  return { ...DEFAULT_LIMITS, ...some };
}
