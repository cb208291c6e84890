import type { Calls } from './calls.ts';
import type { Connection } from './connection.ts';
import { NodeFault } from './fault.ts';
import { subscriptionId } from './json-rpc.ts';
import type { Subscription } from './port.ts';

/** The request to the node, and its listener. */
export interface Wish {
  readonly method: string;
  readonly params: readonly unknown[];
  readonly unsubscribeMethod: string;
  readonly onItem: (item: unknown) => void;
  readonly onGap: () => void;
  readonly timeoutMs: number;
}

/** The subscriptions of one client; each outlives its connections. */
export interface Subscriptions {
  readonly subscribe: (wish: Wish) => Promise<Subscription>;
  readonly count: () => number;
  /** An item for the subscription with the node's id `remoteId`. */
  readonly item: (remoteId: string, item: unknown) => void;
  /** True if the node ended a subscription that is still wanted. */
  readonly wants: (remoteId: string) => boolean;
  /** Renews all of them on a new connection. */
  readonly opened: () => void;
  readonly lost: () => void;
  readonly close: () => void;
}

export function createSubscriptions(calls: Calls, connection: () => Connection): Subscriptions {
  /** Each with the node's id on the present connection; null while it is not subscribed there. */
  const remoteIds = new Map<Wish, string | null>();
  const byRemote = new Map<string, Wish>();

  function accept(wish: Wish, result: unknown): NodeFault | null {
    const remoteId = subscriptionId(result);
    if (remoteId === null)
      return new NodeFault('malformed', `the answer to ${wish.method} is not a subscription`);
    remoteIds.set(wish, remoteId);
    byRemote.set(remoteId, wish);
    return null;
  }

  function renew(wish: Wish): void {
    const succeed = (result: unknown): void => {
      // Closed during the request.
      if (!remoteIds.has(wish)) calls.tell(wish.unsubscribeMethod, [result]);
      else if (accept(wish, result) === null) wish.onGap();
      else connection().drop();
    };
    // Without it the reader would wait for ever for items; a new connection, after a pause, is another try.
    calls.request(wish.method, wish.params, wish.timeoutMs, { succeed, fail: () => connection().drop() });
  }

  function close(wish: Wish): void {
    const remoteId = remoteIds.get(wish) ?? null;
    remoteIds.delete(wish);
    if (remoteId === null) return;
    byRemote.delete(remoteId);
    calls.tell(wish.unsubscribeMethod, [remoteId]);
  }

  return {
    subscribe: (wish) =>
      new Promise((resolve, reject) => {
        const succeed = (result: unknown): void => {
          const fault = accept(wish, result);
          if (fault !== null) reject(fault);
          else resolve({ close: () => close(wish) });
        };
        calls.request(wish.method, wish.params, wish.timeoutMs, { succeed, fail: reject });
      }),
    count: () => remoteIds.size,
    item: (remoteId, item) => byRemote.get(remoteId)?.onItem(item),
    wants: (remoteId) => byRemote.has(remoteId),
    opened: () => {
      for (const wish of remoteIds.keys()) renew(wish);
    },
    lost: () => {
      byRemote.clear();
      for (const wish of remoteIds.keys()) remoteIds.set(wish, null);
    },
    close: () => {
      remoteIds.clear();
      byRemote.clear();
    },
  };
}
