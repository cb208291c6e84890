import type { Clock } from '@watchbill/kit';
import type { SessionState } from '../contract.ts';

/** One moment by both clocks of the service. */
export interface Moment {
  readonly nowMs: number;
  readonly monotonicMs: number;
}

export function momentOf(clock: Clock): Moment {
  return { nowMs: clock.nowMs(), monotonicMs: clock.monotonicMs() };
}

/** The session in the store, as this service knows it. */
export interface OpenSession {
  readonly id: string;
  readonly counter: bigint;
  /** Text of the record that every grant compares. */
  readonly text: string;
  readonly leaseId: string;
  readonly ttlMs: number;
  /** The session counts as lost after this moment of the monotonic clock, unless a renewal moves it. */
  readonly aliveUntilMs: number;
  /** Both clocks when the session was opened. */
  readonly openedAt: Moment;
  /** Id of the session that this one replaced, if its record was still there. */
  readonly before: string | null;
}

/** The work under way on the session record. */
export type Task =
  /** `doubted`: a renewal that was not there when the record was read. It may still be applied. */
  | { readonly kind: 'none'; readonly doubted?: string }
  | { readonly kind: 'opening' }
  | { readonly kind: 'renewing'; readonly to: string }
  /** A renewal without a certain answer: the service grants no unit until it has read the record. */
  | { readonly kind: 'unsure'; readonly to: string };

/**
 * How far the comparison of memories came. It runs beside the renewals, since it may take longer than a
 * session lives.
 */
export type Check = 'none' | 'checking' | 'learning';

/** All that the service knows about its session. It is changed in place. */
export interface KnownSession {
  phase: SessionState;
  /** One sentence for people: why the service is in this phase. */
  detail: string;
  /** Why the store did not take the last write of the session; null if it took it. */
  storeFault: string | null;
  /** Rises whenever work that was not answered yet must be dropped. */
  generation: number;
  open: OpenSession | null;
  task: Task;
  check: Check;
  /** The next comparison does not begin before this moment of the monotonic clock. */
  checkFromMs: number;
  /** Services whose memory agreed with the store since the present session was opened. */
  agreed: ReadonlySet<string>;
}

/** The session of a process that has just started. */
export function startedSession(): KnownSession {
  return {
    phase: 'starting',
    detail: 'the session is being opened',
    storeFault: null,
    generation: 0,
    open: null,
    task: { kind: 'none' },
    check: 'none',
    checkFromMs: 0,
    agreed: new Set(),
  };
}
