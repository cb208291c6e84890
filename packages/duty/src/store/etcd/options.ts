import type { Clock, Random } from '@watchbill/kit';
import type { ChannelTls } from '../grpc/connection.ts';
import { badOption, endpointUrls, type Named } from '../grpc/endpoints.ts';

/** How to reach an etcd cluster (3.4 or newer) and where in its key space the records live. */
export interface EtcdOptions {
  /**
   * Client addresses of the members, for example `https://10.0.0.1:2379`. Without a scheme, https is used if
   * `tls` is given.
   */
  readonly endpoints: readonly string[];
  /** Every key of this store begins with it in etcd; default `/watchbill/`. */
  readonly prefix?: string;
  readonly tls?: EtcdTls;
  readonly auth?: EtcdUser;
  readonly clock: Clock;
  /** Spreads services over the members; default the operating system's. */
  readonly random?: Random;
  /** Budget of a call that does not set one, in milliseconds; default 5,000. */
  readonly callTimeoutMs?: number;
  /** The cluster's `--max-txn-ops`; default 128, which is etcd's. */
  readonly maxTxnOps?: number;
  /**
   * Receives events for the operator: a member that failed, a watch that was resumed. Never contains a
   * secret.
   */
  readonly log?: (message: string) => void;
  /**
   * The cluster answered from an older state than before, or is another cluster: restored from a backup,
   * wiped, or a wrong address. Called before the answer that shows it is returned, once per step back.
   */
  readonly onWentBack?: (detail: WentBack) => void;
}

export type EtcdTls = ChannelTls;

export interface EtcdUser {
  readonly user: string;
  readonly password: string;
}

/** The state seen before and the state now: etcd's cluster id in hex and its key space revision. */
export interface WentBack {
  readonly endpoint: string;
  readonly before: { readonly clusterId: string; readonly revision: bigint };
  readonly now: { readonly clusterId: string; readonly revision: bigint };
}

/** The options with every default filled in and every address checked. */
export interface Settings {
  readonly endpoints: readonly URL[];
  readonly prefix: string;
  readonly tls: EtcdTls | null;
  readonly auth: EtcdUser | null;
  readonly callTimeoutMs: number;
  readonly maxTxnOps: number;
}

const NAMED: Named = { cluster: 'etcd', server: 'etcd', users: 'give user and password by `auth`' };
const DEFAULT_PREFIX = '/watchbill/';
const DEFAULT_CALL_TIMEOUT_MS = 5_000;
/** etcd's default of `--max-txn-ops` (server/embed, `DefaultMaxTxnOps`). */
const DEFAULT_MAX_TXN_OPS = 128;

/** Check the options; throws a `refused` {@link StoreFault} that names the mistake. */
export function settingsOf(options: EtcdOptions): Settings {
  const tls = options.tls ?? null;
  const endpoints = endpointUrls(options.endpoints, tls, NAMED);
  const maxTxnOps = options.maxTxnOps ?? DEFAULT_MAX_TXN_OPS;
  if (!Number.isInteger(maxTxnOps) || maxTxnOps < 1) {
    throw badOption(`maxTxnOps is ${maxTxnOps}`, "use the cluster's --max-txn-ops, a whole number above 0");
  }
  return {
    endpoints,
    prefix: options.prefix ?? DEFAULT_PREFIX,
    tls,
    auth: options.auth ?? null,
    callTimeoutMs: options.callTimeoutMs ?? DEFAULT_CALL_TIMEOUT_MS,
    maxTxnOps,
  };
}
