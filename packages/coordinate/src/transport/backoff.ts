import { growingMs } from '@watchbill/kit';

/** Waits between attempts to reach a member: doubled from `firstMs` up to `lastMs`. */
export interface BackoffLimits {
  readonly firstMs: number;
  readonly lastMs: number;
}

/**
 * The wait before attempt number `failures + 1`: between half and the whole of the doubled wait, so that
 * members that lost their connections together do not reconnect together. `random` is in [0, 1).
 */
export function backoffMs(failures: number, limits: BackoffLimits, random: number): number {
  return Math.round(growingMs(failures, limits.firstMs, limits.lastMs) * (0.5 + random / 2));
}
