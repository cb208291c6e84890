import { type EtcdBinary, findEtcd } from '@watchbill/testkit';
import type { Options } from '@watchbill/testkit/bench/options';

/** Newest first. */
const BINARIES: readonly EtcdBinary[] = ['v3.6', 'debian'];

/** The etcd that was asked for, or the newest that is there. Throws where there is none, with what to do. */
export function etcdBinaryOf({ etcd }: Options): EtcdBinary {
  const candidates = etcd === undefined ? BINARIES : [etcd];
  const tried = candidates.map((binary) => ({ binary, found: findEtcd(binary) }));
  const there = tried.find(({ found }) => found.found);
  if (there !== undefined) return there.binary;
  throw new Error(
    tried.map(({ binary, found }) => `etcd ${binary}: ${found.found ? '' : found.why}`).join('; '),
  );
}
