import { type ClusterOptions, clusterSettings, type Named } from '../grpc/endpoints.ts';
import { refused } from '../shared/checks.ts';

/** How to reach an etcd cluster (3.4 or newer) and where in its key space the records live. */
export interface EtcdOptions extends ClusterOptions<WentBack> {
  readonly auth?: EtcdUser;
  /** The cluster's `--max-txn-ops`; default 128, which is etcd's. */
  readonly maxTxnOps?: number;
}

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
export type Settings = ReturnType<typeof settingsOf>;

const NAMED: Named = { cluster: 'etcd', server: 'etcd', users: 'give user and password by `auth`' };
/** etcd's default of `--max-txn-ops` (server/embed, `DefaultMaxTxnOps`). */
const DEFAULT_MAX_TXN_OPS = 128;

/** Check the options; throws a `refused` {@link StoreFault} that names the mistake. */
export function settingsOf(options: EtcdOptions) {
  const settings = clusterSettings(options, NAMED);
  const maxTxnOps = options.maxTxnOps ?? DEFAULT_MAX_TXN_OPS;
  if (!Number.isInteger(maxTxnOps) || maxTxnOps < 1) {
    throw refused(`maxTxnOps is ${maxTxnOps}`, "use the cluster's --max-txn-ops, a whole number above 0");
  }
  return { ...settings, auth: options.auth ?? null, maxTxnOps };
}
