import { type Clock, growingMs } from '@watchbill/kit';
import type { NodeRpc } from '../rpc/port.ts';

/**
 * The pause after a failure of an endpoint, in milliseconds: the first one, doubled with each failure, and
 * the longest.
 */
export interface Pauses {
  readonly firstPauseMs: number;
  readonly longestPauseMs: number;
}

/** One endpoint of a role, with the memory of its failures. */
export interface Endpoint {
  readonly node: NodeRpc;
  readonly failures: () => number;
  readonly lastFailure: () => string | null;
  readonly isPaused: () => boolean;
  readonly failed: (why: string) => void;
  readonly served: () => void;
}

export function endpointOf(node: NodeRpc, clock: Clock, pauses: Pauses): Endpoint {
  let failures = 0;
  let until = Number.NEGATIVE_INFINITY;
  let why: string | null = null;
  return {
    node,
    failures: () => failures,
    lastFailure: () => why,
    isPaused: () => clock.monotonicMs() < until,
    failed: (reason) => {
      const pauseMs = growingMs(failures, pauses.firstPauseMs, pauses.longestPauseMs);
      failures += 1;
      until = clock.monotonicMs() + pauseMs;
      why = reason;
    },
    served: () => {
      failures = 0;
      why = null;
      until = Number.NEGATIVE_INFINITY;
    },
  };
}
