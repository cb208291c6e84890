/** Deadlines and bounds of a connection to a feed. */
export interface FeedLimits {
  /** From dialling until the WebSocket is open. */
  readonly handshakeMs: number;
  /** From then until the first frame, which a server sends by itself. */
  readonly greetingMs: number;
  /** How often the server is pinged. */
  readonly pingMs: number;
  /** A connection on which nothing comes for so many pings as fit in here, not even an answer to one, is dead. */
  readonly silenceMs: number;
  /** A server knows no chain without nodes, and says nothing when asked for one: asked again at most this often. */
  readonly subscribeMs: number;
  /** Wait before another attempt: doubled with each failure from `redialFirstMs` up to `redialLastMs`, then shortened by chance to no less than half. */
  readonly redialFirstMs: number;
  readonly redialLastMs: number;
  /** A connection that was subscribed for so long was a success: the next wait is a short one again. */
  readonly steadyMs: number;
  /** Refused frames on one connection; beyond it the other end is no telemetry server. */
  readonly mostRefusedFrames: number;
  /** For a close in good order; then it is cut. */
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

/** The wait before the next attempt. `random` is in [0, 1). */
export function redialMs(failures: number, limits: FeedLimits, random: number): number {
  // 2^30 times anything is beyond every bound, and larger exponents would leave the safe numbers.
  const whole = Math.min(limits.redialLastMs, limits.redialFirstMs * 2 ** Math.min(failures, 30));
  return Math.round(whole * (0.5 + random / 2));
}
