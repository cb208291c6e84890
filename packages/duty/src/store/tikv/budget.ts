import { type Clock, growingMs } from '@watchbill/kit';
import { RpcError, STATUS } from '../grpc/rpc-error.ts';
import { abortedFault, closedFault } from '../memory/checks.ts';
import type { CallOptions, StoreFault } from '../port.ts';
import { lateFault } from './faults.ts';

/** The remaining budget of a call: its time, and whether the caller still waits. */
export interface Budget {
  leftMs(): number;
  /** Throws if the time is over, the caller gave up or the store was closed. */
  check(): void;
  /** Pause, but not beyond the end. */
  pause(ms: number): Promise<void>;
  /** The limits of one request, which takes at most `mostMs`. */
  request(mostMs: number): { readonly timeoutMs: number; readonly signal: AbortSignal };
  /** Aborted by the caller or by closing the store. */
  readonly signal: AbortSignal;
  /** The last failure, for the fault that reports the end of the time. */
  trouble(fault: StoreFault): void;
  /** The fault with the reason why the call ends now. */
  ending(): StoreFault;
}

export function openBudget(
  clock: Clock,
  closing: AbortSignal,
  defaultMs: number,
  options: CallOptions | undefined,
): Budget {
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
    request: (mostMs) => ({ timeoutMs: Math.max(1, Math.min(mostMs, leftMs())), signal }),
    signal,
    trouble: (fault) => {
      // "The time is over" explains less than the failure before it.
      if (last === null || !isSilence(fault)) last = fault;
    },
    ending,
    check: () => {
      if (signal.aborted || leftMs() <= 0) throw ending();
    },
    pause: (ms) => clock.sleep(Math.max(0, Math.min(ms, leftMs())), signal),
  };
}

function isSilence({ cause }: StoreFault): boolean {
  return cause instanceof RpcError && cause.status === STATUS.deadline;
}

/**
 * Pauses that double between two bounds, spread by up to half so that two who collide do not collide again.
 */
export interface Pauses {
  next(): number;
}

export function pauses(firstMs: number, mostMs: number, spread: () => number): Pauses {
  let failures = 0;
  return {
    next: () => growingMs(failures++, firstMs, mostMs) * (0.75 + 0.5 * spread()),
  };
}
