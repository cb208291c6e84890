import type { ClusterOptions, Named } from '../grpc/endpoints.ts';

/** How to reach an etcd cluster (3.4 or newer) and where in its key space the records live. */
export interface EtcdOptions extends ClusterOptions<WentBack> {
  readonly auth?: EtcdUser;
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

export const NAMED: Named = { cluster: 'etcd', server: 'etcd', users: 'give user and password by `auth`' };
