import type { EtcdBinary } from '@watchbill/testkit';

/** The versions of etcd that the tier runs against: the oldest and the newest that are supported. */
export const BINARIES: readonly EtcdBinary[] = ['debian', 'v3.6'];

/** A leader that stands still for a moment leads on. After a change of leaders a write is not certain. */
export const ELECTION_MS = 2_000;

export const IS_LONG = process.env.WATCHBILL_LONG === '1';

/**
 * Everyday runs take one binary where a scenario is about the service and not about etcd; the long form takes
 * both.
 */
export function binariesOf(everyday: EtcdBinary): readonly EtcdBinary[] {
  return IS_LONG ? BINARIES : [everyday];
}
