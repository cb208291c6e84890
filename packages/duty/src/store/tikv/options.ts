import type { ChannelTls } from '../grpc/connection.ts';
import { type ClusterOptions, type ClusterSettings, clusterSettings, type Named } from '../grpc/endpoints.ts';
import { refused } from '../memory/checks.ts';

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

/** PEM texts, for PD and for the stores alike. A client certificate needs both `cert` and `key`. */
export type TikvTls = ChannelTls;

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

/** The options with every default filled in and every address checked. */
export interface Settings extends ClusterSettings {
  readonly lockTtlMs: number;
  readonly watchIntervalMs: number;
}

const NAMED: Named = { cluster: 'TiKV', server: 'PD', users: 'PD has no users; name host and port' };
const DEFAULT_LOCK_TTL_MS = 1_000;
const DEFAULT_WATCH_INTERVAL_MS = 250;
/** A lock must outlive a normal transaction, with a margin. */
const MIN_LOCK_TTL_MS = 100;
const MAX_LOCK_TTL_MS = 60_000;
const MIN_WATCH_INTERVAL_MS = 10;

/** Check the options; throws a `refused` {@link StoreFault} that names the mistake. */
export function settingsOf(options: TikvOptions): Settings {
  const settings = clusterSettings(options, NAMED);
  const lockTtlMs = options.lockTtlMs ?? DEFAULT_LOCK_TTL_MS;
  if (!Number.isInteger(lockTtlMs) || lockTtlMs < MIN_LOCK_TTL_MS || lockTtlMs > MAX_LOCK_TTL_MS) {
    throw refused(
      `lockTtlMs is ${lockTtlMs}`,
      `use ${MIN_LOCK_TTL_MS} to ${MAX_LOCK_TTL_MS} whole milliseconds`,
    );
  }
  const watchIntervalMs = options.watchIntervalMs ?? DEFAULT_WATCH_INTERVAL_MS;
  if (!Number.isFinite(watchIntervalMs) || watchIntervalMs < MIN_WATCH_INTERVAL_MS) {
    throw refused(`watchIntervalMs is ${watchIntervalMs}`, `use ${MIN_WATCH_INTERVAL_MS} or more`);
  }
  return { ...settings, lockTtlMs, watchIntervalMs };
}
