import type { Clock, Random } from '@watchbill/kit';
import type { ChannelTls } from '../grpc/connection.ts';
import { badOption, endpointUrls, type Named } from '../grpc/endpoints.ts';

/** How to reach a TiKV cluster and where in its key space the records live. */
export interface TikvOptions {
  /**
   * Client addresses of PD: `10.0.0.1:2379` or with `http://`, `https://`. Without a scheme: https if `tls`
   * is given.
   */
  readonly endpoints: readonly string[];
  /** Every key of this store begins with it in TiKV; default `/watchbill/`. */
  readonly prefix?: string;
  /** For PD and for the stores alike. */
  readonly tls?: TikvTls;
  readonly clock: Clock;
  /** Spreads retries; default the operating system's. */
  readonly random?: Random;
  /** Budget of a call that does not set one, in milliseconds; default 5,000. */
  readonly callTimeoutMs?: number;
  /**
   * How long the locks of a client that died stop others, in milliseconds; default 1,000. Counted from the
   * start of its transaction. If a transaction takes longer, another client that needs the same keys may roll
   * it back, and it begins anew.
   */
  readonly lockTtlMs?: number;
  /** How often a watch polls, in milliseconds; default 250. TiKV has no change notifications. */
  readonly watchIntervalMs?: number;
  /**
   * Receives events for the operator: a leader that moved, a lock that was resolved. Never contains a secret.
   */
  readonly log?: (message: string) => void;
  /** The cluster is another one, or its timestamps went back. Called before the fault for it is thrown. */
  readonly onWentBack?: (detail: TikvWentBack) => void;
  /** Called after each call to PD or to a store. For metrics; must not throw. */
  readonly onCall?: (call: TikvCall) => void;
}

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
export interface Settings {
  readonly endpoints: readonly URL[];
  readonly prefix: string;
  readonly tls: TikvTls | null;
  readonly callTimeoutMs: number;
  readonly lockTtlMs: number;
  readonly watchIntervalMs: number;
}

const NAMED: Named = { cluster: 'TiKV', server: 'PD', users: 'PD has no users; name host and port' };
const DEFAULT_PREFIX = '/watchbill/';
const DEFAULT_CALL_TIMEOUT_MS = 5_000;
const DEFAULT_LOCK_TTL_MS = 1_000;
const DEFAULT_WATCH_INTERVAL_MS = 250;
/** A lock must outlive a normal transaction, with a margin. */
const MIN_LOCK_TTL_MS = 100;
const MAX_LOCK_TTL_MS = 60_000;
const MIN_WATCH_INTERVAL_MS = 10;

/** Check the options; throws a `refused` {@link StoreFault} that names the mistake. */
export function settingsOf(options: TikvOptions): Settings {
  const tls = options.tls ?? null;
  const endpoints = endpointUrls(options.endpoints, tls, NAMED);
  const lockTtlMs = options.lockTtlMs ?? DEFAULT_LOCK_TTL_MS;
  if (!Number.isInteger(lockTtlMs) || lockTtlMs < MIN_LOCK_TTL_MS || lockTtlMs > MAX_LOCK_TTL_MS) {
    throw badOption(
      `lockTtlMs is ${lockTtlMs}`,
      `use ${MIN_LOCK_TTL_MS} to ${MAX_LOCK_TTL_MS} whole milliseconds`,
    );
  }
  const watchIntervalMs = options.watchIntervalMs ?? DEFAULT_WATCH_INTERVAL_MS;
  if (!Number.isFinite(watchIntervalMs) || watchIntervalMs < MIN_WATCH_INTERVAL_MS) {
    throw badOption(`watchIntervalMs is ${watchIntervalMs}`, `use ${MIN_WATCH_INTERVAL_MS} or more`);
  }
  return {
    endpoints,
    prefix: options.prefix ?? DEFAULT_PREFIX,
    tls,
    callTimeoutMs: options.callTimeoutMs ?? DEFAULT_CALL_TIMEOUT_MS,
    lockTtlMs,
    watchIntervalMs,
  };
}
