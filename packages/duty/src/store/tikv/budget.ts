import { type Clock, growingMs } from '@watchbill/kit';
import { RpcError, STATUS } from '../grpc/rpc-error.ts';
import type { CallOptions, StoreFault } from '../port.ts';
import { abortedFault, closedFault, lateFault } from '../shared/checks.ts';

/** The remaining budget of a call: its time, and whether the caller still waits. */
export type Budget = ReturnType<typeof openBudget>;

export function openBudget(
  clock: Clock,
  closing: AbortSignal,
  defaultMs: number,
  options: CallOptions | undefined,
) {
  const endMs = clock.monotonicMs() + (options?.timeoutMs ?? defaultMs);
  const signal = options?.signal === undefined ? closing : AbortSignal.any([closing, options.signal]);
  let last: StoreFault | null = null;
  const leftMs = (): number => endMs - clock.monotonicMs();
  const ending = (): StoreFault => {
    if (closing.aborted) return closedFault('tikv');
    if (signal.aborted) return abortedFault('tikv');
    return last ?? lateFault();
  };
  return {
    leftMs,
    /** The limits of one request, which takes at most `mostMs`. */
    request: (mostMs: number): { readonly timeoutMs: number; readonly signal: AbortSignal } => ({
      timeoutMs: Math.max(1, Math.min(mostMs, leftMs())),
      signal,
    }),
    /** Aborted by the caller or by closing the store. */
    signal,
    /** The last failure, for the fault that reports the end of the time. */
    trouble: (fault: StoreFault): void => {
      // "The time is over" explains less than the failure before it.
      const { cause } = fault;
      if (last === null || !(cause instanceof RpcError && cause.status === STATUS.deadline)) last = fault;
    },
    /** The fault with the reason why the call ends now. */
    ending,
    /** Throws if the time is over, the caller gave up or the store was closed. */
    check: (): void => {
      if (signal.aborted || leftMs() <= 0) throw ending();
    },
    /** Pause, but not beyond the end. */
    pause: (ms: number): Promise<void> => clock.sleep(Math.max(0, Math.min(ms, leftMs())), signal),
  };
}

/**
 * Pauses that double between two bounds, spread by up to half so that two who collide do not collide again.
 */
export function pauses(firstMs: number, mostMs: number, spread: () => number): () => number {
  let failures = 0;
  return () => growingMs(failures++, firstMs, mostMs) * (0.75 + 0.5 * spread());
}
