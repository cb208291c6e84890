/** How a client of a node is made. */
import type { Clock } from '@watchbill/base';
export interface ConnectOptions {
  /** How long a call may take, the time to connect included, in milliseconds. */
  readonly timeoutMs: number;
  /** Default: the clock of this machine. */
  readonly clock?: Clock;
  /** Calls that may be under way or wait for a connection at once. Default 1,024; the next one is refused. */
  readonly maxPending?: number;
}

export interface CallOptions {
  /** Milliseconds for this call, in place of the client's. */
  readonly timeoutMs?: number;
}

export interface SubscribeOptions extends CallOptions {
  /**
   * Called when the subscription was made anew after a lost connection: items in between were missed, and
   * the reader has to look for itself at what it must not miss.
   */
  readonly onGap?: () => void;
}

/** A subscription under way. */
export interface Subscription {
  /** No item is delivered after this. Never fails. */
  close(): void;
}

/** The RPC of one node. Every method rejects with a {@link NodeFault} and with nothing else. */
export interface NodeRpc {
  /** Scheme and host of the node, for logs: no path, no query. */
  readonly address: string;
  /** The result as the node sent it. `T` is a claim of the caller's, and the caller's to check. */
  call<T = unknown>(method: string, params?: readonly unknown[], options?: CallOptions): Promise<T>;
  /** Resolves when the node accepted. Stays across lost connections, until it is closed. WebSocket only. */
  subscribe<T = unknown>(
    method: string,
    params: readonly unknown[],
    unsubscribeMethod: string,
    onItem: (item: T) => void,
    options?: SubscribeOptions,
  ): Promise<Subscription>;
  /** Ends the connection; what is under way rejects with `closed`. */
  close(): void;
}
