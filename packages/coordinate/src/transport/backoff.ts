/** Waits between attempts to reach somebody: doubled from `firstMs` up to `lastMs`. */
export interface BackoffLimits {
  readonly firstMs: number;
  readonly lastMs: number;
}

/**
 * The wait before attempt number `failures + 1`: between half and the whole of the doubled wait, so that members which lost each other
 * together do not come back together. `random` is in [0, 1).
 */
export function backoffMs(failures: number, limits: BackoffLimits, random: number): number {
  // 2^30 times anything is beyond every bound, and larger exponents would leave the safe numbers.
  const whole = Math.min(limits.lastMs, limits.firstMs * 2 ** Math.min(failures, 30));
  return Math.round(whole * (0.5 + random / 2));
}
