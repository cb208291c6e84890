import type { Clock } from '@watchbill/kit';

/** Options of a client of a node. */
export interface ConnectOptions {
  /** How long a call may take, the time to connect included, in milliseconds. */
  readonly timeoutMs: number;
  /** Default: the clock of this machine. */
  readonly clock?: Clock;
  /** Calls that may run or wait for a connection at once. Default 1,024; the next one is refused. */
  readonly maxPending?: number;
}

export interface CallOptions {
  /** Milliseconds for this call, instead of the client's. */
  readonly timeoutMs?: number;
}

export interface SubscribeOptions extends CallOptions {
  /**
   * Called when the subscription was renewed after a lost connection: items in between were missed. The
   * reader must fetch by itself any item that it must not miss.
   */
  readonly onGap?: () => void;
}

/** An open subscription. */
export interface Subscription {
  /** No item is delivered after this. Never fails. */
  close(): void;
}

/** The RPC of one node. Every method rejects with a {@link NodeFault} only. */
export interface NodeRpc {
  /** Scheme and host of the node, for logs: no path, no query. */
  readonly address: string;
  /** The result as the node sent it. `T` is the caller's claim, and the caller must check it. */
  call<T = unknown>(method: string, params?: readonly unknown[], options?: CallOptions): Promise<T>;
  /** Resolves when the node accepted. Survives lost connections, until it is closed. WebSocket only. */
  subscribe<T = unknown>(
    method: string,
    params: readonly unknown[],
    unsubscribeMethod: string,
    onItem: (item: T) => void,
    options?: SubscribeOptions,
  ): Promise<Subscription>;
  /** Ends the connection; running calls reject with `closed`. */
  close(): void;
}
