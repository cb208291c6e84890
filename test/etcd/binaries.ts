import type { EtcdBinary } from '@watchbill/testkit';

/** The versions of etcd that the tier runs against: the oldest and the newest that are supported. */
export const BINARIES: readonly EtcdBinary[] = ['debian', 'v3.6'];
