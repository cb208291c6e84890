import type { CallOptions, NodeRpc } from '../rpc/port.ts';

/** The number of calls to an endpoint, which proves that reads are batched. */
export interface CallCounts {
  /** Calls by method. */
  readonly byMethod: Readonly<Record<string, number>>;
  /** Reads of many keys in one call: `state_queryStorageAt`. */
  readonly batched: number;
  /** Keys in those. */
  readonly keys: number;
  /** Pages of keys: `state_getKeysPaged`. */
  readonly keyPages: number;
  readonly all: number;
}

export const QUERY = 'state_queryStorageAt';
export const KEYS_PAGED = 'state_getKeysPaged';

/** The calls of one read, counted. */
export interface CountedNode {
  readonly node: NodeRpc;
  readonly counts: () => CallCounts;
}

/** The same node, with counted calls that end within `leftMs`. */
export function countedNode(node: NodeRpc, timeoutMs: () => number): CountedNode {
  const byMethod = new Map<string, number>();
  let keys = 0;
  const call = <T>(
    method: string,
    params: readonly unknown[] = [],
    options: CallOptions = {},
  ): Promise<T> => {
    byMethod.set(method, (byMethod.get(method) ?? 0) + 1);
    if (method === QUERY && Array.isArray(params[0])) keys += params[0].length;
    return node.call<T>(method, params, { timeoutMs: timeoutMs(), ...options });
  };
  return {
    node: { address: node.address, call, subscribe: node.subscribe, close: () => undefined },
    counts: () => ({
      byMethod: Object.fromEntries(byMethod),
      batched: byMethod.get(QUERY) ?? 0,
      keys,
      keyPages: byMethod.get(KEYS_PAGED) ?? 0,
      all: [...byMethod.values()].reduce((sum, count) => sum + count, 0),
    }),
  };
}
