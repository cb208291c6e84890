import { type Clock, growingMs } from '@watchbill/kit';
import type { CallOptions, StoreFault } from '../port.ts';
import { abortedFault, closedFault, lateFault } from '../shared/checks.ts';
import { RpcError, STATUS } from './rpc-error.ts';

/** The remaining budget of a call: its time, and whether the caller still waits. */
export type Budget = ReturnType<typeof openBudget>;

/** The store whose call it is, and the signal that its end aborts. */
export interface Opened {
  readonly kind: 'etcd' | 'tikv';
  readonly clock: Clock;
  readonly closing: AbortSignal;
}

export function openBudget(
  { kind, clock, closing }: Opened,
  timeoutMs: number,
  giveUp?: CallOptions['signal'],
) {
  const endMs = clock.monotonicMs() + timeoutMs;
  const signal = giveUp === undefined ? closing : AbortSignal.any([closing, giveUp]);
  let last: StoreFault | null = null;
  const leftMs = (): number => endMs - clock.monotonicMs();
  const ending = (): StoreFault => {
    if (closing.aborted) return closedFault(kind);
    if (signal.aborted) return abortedFault(kind);
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
    /** The fault of a call that failed like this: the caller's own end, if there is one. */
    faultOf: (fault: StoreFault): StoreFault => (signal.aborted ? ending() : fault),
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
