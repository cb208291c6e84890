import { PackageFault } from '@watchbill/kit';

/**
 * The key-value engine under the ledger. Keys are UTF-8 text without control characters; values are bytes.
 * Every adapter passes the one conformance suite (`@watchbill/duty/store/testing/conformance`).
 */
export interface Store {
  /** `memory`, `sqlite`, `etcd`, `tikv`: for logs and metrics. */
  readonly kind: string;

  /**
   * Linearizable read of several keys at one moment, in their order; null for an absent key. Throws {@link
   * StoreFault} when no answer is certain.
   */
  read(keys: readonly string[], options?: CallOptions): Promise<(Uint8Array | null)[]>;

  /**
   * Records under a prefix in key order, linearizable within one page. `after` is the last key of the page
   * before.
   */
  list(prefix: string, page?: Page, options?: CallOptions): Promise<ListResult>;

  /**
   * Many independent transactions, in one round trip if the engine can. One result each, in order. They are
   * not atomic together; no two of one call may write the same key (the store refuses that with `refused`).
   * Throws {@link StoreFault} only if certainly none of them was applied.
   */
  transact(transactions: readonly Transaction[], options?: CallOptions): Promise<TransactionResult[]>;

  /**
   * Hints that records under a prefix changed, at least once each, after the watch is ready. Never a basis
   * for a grant. `onResync` means that changes may have been missed: read everything again.
   */
  watch(prefix: string, handlers: WatchHandlers): Watch;

  /** A lease lives until it is not kept alive for its time. Keys written with it vanish with it. */
  grantLease(ttlMs: number, options?: CallOptions): Promise<Lease>;
  /** `expired` if the lease has certainly ended. */
  keepLeaseAlive(id: string, options?: CallOptions): Promise<'alive' | 'expired'>;
  /** End a lease and its keys now. Ending one that has ended is not a fault. */
  revokeLease(id: string, options?: CallOptions): Promise<void>;

  /**
   * The state of the engine, for readiness and metrics. If the engine is down, it returns that; it never
   * throws.
   */
  health(options?: CallOptions): Promise<StoreHealth>;

  /** Idempotent. Calls under way end with a {@link StoreFault} or `ambiguous`. */
  close(): Promise<void>;
}

export interface CallOptions {
  /** Budget of this call in milliseconds; adapters have a default of 5,000. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

export interface Page {
  readonly after?: string;
  /** At most this many records, 1 to 1,000. */
  readonly limit?: number;
}

export interface StoreRecord {
  readonly key: string;
  readonly value: Uint8Array;
}

export interface ListResult {
  readonly records: readonly StoreRecord[];
  readonly more: boolean;
}

/** Equal bytes, or absence if `value` is null. Values are compared, never revisions. */
export interface Compare {
  readonly key: string;
  readonly value: Uint8Array | null;
}

export type Write =
  | { readonly key: string; readonly value: Uint8Array; readonly lease?: string }
  | { readonly key: string; readonly value: null };

/** Applied whole if every compare holds, else not at all. No key is compared twice or written twice. */
export interface Transaction {
  readonly compares: readonly Compare[];
  readonly writes: readonly Write[];
  /** Runs in the commit of this transaction, if it is applied. Only the store in a ledger's file takes it. */
  readonly along?: () => void;
}

export type TransactionResult =
  | { readonly outcome: 'applied' }
  /** Not applied; `current` holds the values of the compared keys, in the order of the compares. */
  | { readonly outcome: 'conflict'; readonly current: readonly (Uint8Array | null)[] }
  /** It may have been applied, or may still be. Only a read of its effects can show which. */
  | { readonly outcome: 'ambiguous'; readonly cause: StoreFault };

export interface WatchHandlers {
  readonly onChange: (change: WatchChange) => void;
  readonly onResync: () => void;
}

export interface WatchChange {
  readonly key: string;
  /** Null if the record is gone. */
  readonly value: Uint8Array | null;
}

export interface Watch {
  /** Settles when changes from now on are reported. */
  readonly ready: Promise<void>;
  stop(): void;
}

export interface Lease {
  readonly id: string;
  /** The lease time that the engine chose, which may be longer than requested. */
  readonly ttlMs: number;
}

export interface StoreHealth {
  readonly ok: boolean;
  /** One sentence for people. */
  readonly detail: string;
  readonly members: readonly StoreMember[];
  /** How many members may still be lost before grants stop; null if the engine has no members. */
  readonly quorumMargin: number | null;
  /** Raft term in decimal, or null. */
  readonly term: string | null;
}

export interface StoreMember {
  readonly name: string;
  readonly ok: boolean;
  readonly leader: boolean;
}

export type StoreFaultCode =
  /** The engine did not answer in time, or cannot be reached. No write was applied. */
  | 'unavailable'
  /** The engine refused: authentication, permission, a malformed call. */
  | 'refused'
  /** No room: disk full, quota, file not writable. */
  | 'full'
  /** Another process holds the embedded store. */
  | 'locked'
  /** The data is damaged or of another version. */
  | 'damaged'
  /** The store was closed. */
  | 'closed';

/** The one error type of every adapter: what happened, why, and what to do. */
export class StoreFault extends PackageFault<StoreFaultCode> {
  override readonly name = 'StoreFault';
}
