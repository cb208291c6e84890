import type { ClusterOptions, Named } from '../grpc/endpoints.ts';

/** How to reach a TiKV cluster, by the addresses of PD, and where in its key space the records live. */
export interface TikvOptions extends ClusterOptions<TikvWentBack> {
  /**
   * How long the locks of a client that died stop others, in milliseconds; default 1,000. Counted from the
   * start of its transaction. If a transaction takes longer, another client that needs the same keys may roll
   * it back, and it begins anew.
   */
  readonly lockTtlMs?: number;
  /** How often a watch polls, in milliseconds; default 250. TiKV has no change notifications. */
  readonly watchIntervalMs?: number;
  /** Called after each call to PD or to a store. For metrics; must not throw. */
  readonly onCall?: (call: TikvCall) => void;
}

/**
 * The state seen before and the state that PD returns now: cluster id in decimal, timestamp of the cluster.
 */
export interface TikvWentBack {
  readonly endpoint: string;
  readonly before: { readonly clusterId: string; readonly timestamp: bigint };
  readonly now: { readonly clusterId: string; readonly timestamp: bigint };
}

export interface TikvCall {
  /** `GetMembers`, `Tso`, `GetRegion`, `KvPrewrite`, … */
  readonly method: string;
  /** `ok`; `region` if the store sent the caller elsewhere; `failed` if no answer came. */
  readonly outcome: 'ok' | 'region' | 'failed';
  readonly tookMs: number;
}

export const NAMED: Named = { cluster: 'TiKV', server: 'PD', users: 'PD has no users; name host and port' };
