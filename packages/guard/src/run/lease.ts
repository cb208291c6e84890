import type { Run } from './facts.ts';
import type { DecisionParts } from './parts.ts';

/**
 * The longest time between two decisions. After a longer gap, the keys were placed without a guard: the guard
 * was stopped, or the machine slept, and the validator may have been started elsewhere.
 */
export const LEASE_MS = 10_000;

/** The guard did not decide for longer than its lease. */
export class LeaseLapsed extends Error {
  readonly stoodStillMs: number;
  constructor(stoodStillMs: number) {
    super(`the guard was paused for ${Math.round(stoodStillMs)} ms`);
    this.stoodStillMs = stoodStillMs;
  }
}

/** The time since the last decision; zero before the first one. */
export function stoodStillMs({ uptimeMs }: Pick<DecisionParts, 'uptimeMs'>, { decidedMs }: Run): number {
  return decidedMs === null ? 0 : uptimeMs() - decidedMs;
}

/**
 * Renews the lease, or throws {@link LeaseLapsed}. Called at each decision and before each placement: the
 * guard may be stopped between two steps of one decision.
 */
export function holdLease(parts: Pick<DecisionParts, 'uptimeMs'>, run: Run): void {
  const stillMs = stoodStillMs(parts, run);
  if (stillMs > LEASE_MS) throw new LeaseLapsed(stillMs);
  run.decidedMs = parts.uptimeMs();
}
