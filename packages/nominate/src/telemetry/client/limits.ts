/** Deadlines and bounds of a connection to a feed. */
export interface FeedLimits {
  /** From dialling until the WebSocket is open. */
  readonly handshakeMs: number;
  /** From then until the first frame, which a server sends by itself. */
  readonly greetingMs: number;
  /** How often the server is pinged. */
  readonly pingMs: number;
  /**
   * A connection without any message, not even an answer to a ping, for as many pings as fit in here is dead.
   */
  readonly silenceMs: number;
  /**
   * A server does not know a chain without nodes, and does not answer a subscription to one. The subscription
   * is repeated at most this often.
   */
  readonly subscribeMs: number;
  /**
   * Delay before the next attempt: doubled with each failure from `redialFirstMs` up to `redialLastMs`, then
   * shortened at random to no less than half.
   */
  readonly redialFirstMs: number;
  readonly redialLastMs: number;
  /** A connection that was subscribed for this long was a success, and resets the delay. */
  readonly steadyMs: number;
  /** Refused frames on one connection; above it, the server is not a telemetry server. */
  readonly mostRefusedFrames: number;
  /** For a graceful close; then it is cut. */
  readonly closeMs: number;
}

export const DEFAULT_LIMITS: FeedLimits = {
  handshakeMs: 10_000,
  greetingMs: 10_000,
  pingMs: 15_000,
  silenceMs: 45_000,
  subscribeMs: 1_000,
  redialFirstMs: 1_000,
  redialLastMs: 60_000,
  steadyMs: 60_000,
  mostRefusedFrames: 100,
  closeMs: 3_000,
};

/** The delay before the next attempt. `random` is in [0, 1). */
export function redialMs(failures: number, limits: FeedLimits, random: number): number {
  // 2^30 times any delay exceeds every bound, and larger exponents would leave the safe numbers.
  const whole = Math.min(limits.redialLastMs, limits.redialFirstMs * 2 ** Math.min(failures, 30));
  return Math.round(whole * (0.5 + random / 2));
}
