import type { SessionState } from '../contract.ts';
import type { Moment } from './state.ts';

/** A reason not to grant, and the phase that follows from it. */
export interface Obstacle {
  readonly state: SessionState;
  readonly why: string;
}

/** How a renewal ended. */
export type RenewalAnswer =
  | { readonly kind: 'applied' }
  | { readonly kind: 'lease-expired' }
  /** The record in the store was another one; null if there was none. */
  | { readonly kind: 'conflict'; readonly found: string | null }
  | { readonly kind: 'ambiguous' }
  /** The store did not answer, and no write was applied. */
  | { readonly kind: 'failed'; readonly why: string };

/** The events of a session. `of` names the session that an answer belongs to; late answers are dropped. */
export type SessionEvent =
  /** The loop has nothing under way and asks for its next act. */
  | { readonly kind: 'look'; readonly at: Moment; readonly allowedSkewMs: number }
  | {
      readonly kind: 'opened';
      readonly id: string;
      readonly text: string;
      readonly before: string | null;
      readonly leaseId: string;
      readonly ttlMs: number;
      /** When the lease was asked for: its life counts from there. */
      readonly askedMs: number;
      readonly at: Moment;
    }
  | { readonly kind: 'not-opened'; readonly why: string }
  | {
      readonly kind: 'renewed';
      readonly of: string;
      readonly askedMs: number;
      readonly answer: RenewalAnswer;
    }
  | { readonly kind: 'read-back'; readonly of: string; readonly found: string | null }
  | { readonly kind: 'not-read-back'; readonly of: string; readonly why: string }
  | {
      readonly kind: 'checked';
      readonly of: string;
      readonly obstacle: Obstacle | null;
      readonly agreed: readonly string[];
      readonly at: Moment;
    }
  | { readonly kind: 'not-checked'; readonly of: string; readonly why: string; readonly at: Moment }
  | { readonly kind: 'learned'; readonly of: string }
  /** The compare of a grant or of an operator's change found another session record. */
  | { readonly kind: 'compare-failed'; readonly compared: string; readonly found: string | null }
  /** A claim wants to be answered: is the session still alive by this service's own clocks. */
  | { readonly kind: 'asked'; readonly at: Moment; readonly allowedSkewMs: number }
  /** Another service asks for the memory of this one. */
  | { readonly kind: 'cancel-undelivered' }
  | { readonly kind: 'lost'; readonly why: string }
  | { readonly kind: 'behind'; readonly why: string }
  | { readonly kind: 'drain' }
  | { readonly kind: 'stopped' };

/** The acts of the shell after a step, in this order. */
export type SessionEffect =
  /** Answered by `opened` or `not-opened`. */
  | { readonly kind: 'open' }
  /** Answered by `renewed`. */
  | {
      readonly kind: 'renew';
      readonly of: string;
      readonly from: string;
      readonly to: string;
      readonly leaseId: string;
    }
  /** Answered by `read-back` or `not-read-back`. */
  | { readonly kind: 'read-back'; readonly of: string }
  /**
   * Compare memories, leaving out services that agreed already; do not wait for the answer, `checked` or
   * `not-checked`.
   */
  | { readonly kind: 'check'; readonly of: string; readonly except: ReadonlySet<string> }
  /**
   * Append the last entry of every mark that is not in memory yet; do not wait for the answer, `learned` or
   * `not-checked`.
   */
  | { readonly kind: 'learn'; readonly of: string }
  /** Do nothing for this long, or until `wake`; then `look` again. */
  | { readonly kind: 'wait'; readonly ms: number }
  /** End a wait. */
  | { readonly kind: 'wake' }
  /** The session serves and was renewed: approve services that wait. */
  | { readonly kind: 'serve-others'; readonly of: string }
  | {
      readonly kind: 'log';
      readonly level: 'info' | 'warn' | 'error';
      readonly event: 'session' | 'store-down' | 'store-up' | 'store-went-back' | 'clock-stepped';
      readonly text: string;
    };
