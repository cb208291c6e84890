import type { Unfit } from '../../ground/fitness.ts';
import type { LeaseOf } from './state.ts';

/** One report of a node: the keys that share its lease. */
export interface Sync {
  /** Keys for which the node is fit, and for which it is not. */
  readonly fit: readonly string[];
  readonly unfit: readonly string[];
  readonly ttlMs: number;
}

/** The store's side of a report: its records as they are now, and the moment by the monotonic clock. */
interface AtStore {
  readonly sync: Sync;
  readonly leaseOf: LeaseOf;
  readonly nowMs: number;
}

export type PresenceEvent =
  /** A report came: by key, the reason why the node is unfit, null if it is fit. */
  | {
      readonly kind: 'reported';
      readonly keys: ReadonlyMap<string, Unfit | null>;
      readonly ttlMs: number;
      readonly nowMs: number;
    }
  /** It is the turn of the report at the store: one report of a node at a time. */
  | ({ readonly kind: 'turn' } & AtStore)
  | ({ readonly kind: 'removed' } & AtStore)
  /** `kept`: by lease, the moment of the call, or null for a lease that has expired. */
  | ({
      readonly kind: 'kept';
      readonly alive: ReadonlySet<string>;
      readonly kept: ReadonlyMap<string, number | null>;
    } & AtStore)
  /** Records with this new lease are in the store. */
  | { readonly kind: 'written'; readonly lease: string; readonly nowMs: number };

/** The acts of the shell after a step. A step at the store yields at most one, and its answer is an event. */
export type PresenceEffect =
  /** The node fails a criterion that it did not fail before. */
  | { readonly kind: 'log-unfit'; readonly key: string; readonly unfit: Unfit }
  /** Wait for the turn of this report; answered by `turn`. */
  | { readonly kind: 'sync'; readonly sync: Sync }
  /** Answered by `removed`. */
  | { readonly kind: 'remove'; readonly keys: readonly string[] }
  /** Answered by `kept`, with `alive`, the leases that were kept a moment ago. */
  | { readonly kind: 'keep'; readonly leases: readonly string[]; readonly alive: ReadonlySet<string> }
  /** Write records with one new lease; answered by `written` if they were written. */
  | { readonly kind: 'write'; readonly keys: readonly string[]; readonly ttlMs: number };
