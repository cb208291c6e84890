import type { WatchState } from '@watchbill/duty/service';
import type { Clock } from '@watchbill/kit';

export interface KillerParts {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** The watch of the identity that two machines hold, from the last report of the service. */
  readonly watch: () => WatchState | null;
  /** True when every machine of that identity runs and has come back from its last outage. */
  readonly isWhole: () => boolean;
  readonly kill: (node: string) => void;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly minPauseMs: number;
  readonly maxPauseMs: number;
}

/**
 * Kills the active node at random moments, each time only once the machine killed before is back and ready.
 */
export async function killOnWatch(parts: KillerParts): Promise<void> {
  const { clock, signal } = parts;
  while (!signal.aborted) {
    const pauseMs = parts.minPauseMs + parts.random() * (parts.maxPauseMs - parts.minPauseMs);
    await clock.sleep(pauseMs, signal);
    while (!signal.aborted && victim(parts) === null) await clock.sleep(50, signal);
    const node = victim(parts);
    if (node !== null && !signal.aborted) parts.kill(node);
  }
}

/** The active node, if another one is ready to take over. */
export function victim({ watch, isWhole }: Pick<KillerParts, 'watch' | 'isWhole'>): string | null {
  const state = watch();
  if (state === null || !state.live || state.holder === null || !isWhole()) return null;
  return state.ready.length >= 2 ? state.holder : null;
}
