import { systemRandom } from '@watchbill/kit';
import type { Opened } from '../grpc/budget.ts';
import { openClusterStore } from '../grpc/cluster-store.ts';
import { type ClusterSettings, clusterSettings } from '../grpc/endpoints.ts';
import type { Store } from '../port.ts';
import { keySpace } from '../shared/key-space.ts';
import { answerOf, type Context, readRange } from './call.ts';
import { healthOf } from './health.ts';
import { grantLease, keepLeaseAlive, revokeLease } from './lease.ts';
import { openMembers } from './members.ts';
import { recordRange } from './operations.ts';
import { type EtcdOptions, NAMED, type WentBack } from './options.ts';
import { progress } from './progress.ts';
import { listKeys, readKeys } from './read.ts';
import { tokenSource } from './token.ts';
import { transact } from './transact.ts';
import { openWatch } from './watch.ts';

/**
 * A store in an etcd cluster, 3.4 or newer. Settles after one linearizable read has succeeded. Rejects with a
 * StoreFault.
 */
export async function openEtcdStore(options: EtcdOptions): Promise<Store> {
  const { clock } = options;
  const settings = clusterSettings(options, NAMED);
  return openClusterStore({ kind: 'etcd', clock, callTimeoutMs: settings.callTimeoutMs }, (opened) => {
    const context = contextOf(options, settings, opened);
    // A record that the store's user must be able to read in any case.
    const first = { ...recordRange(context.keys, ''), limit: 1n, keysOnly: true };
    return {
      read: (names, budget) => readKeys(context, names, budget),
      list: (prefix, page, budget) => listKeys(context, prefix, page, budget),
      transact: (transactions, budget) => transact(context, transactions, budget),
      watch: (prefix, handlers) => openWatch(context, prefix, handlers),
      grantLease: (ttlMs, budget) => grantLease(context, ttlMs, budget),
      keepLeaseAlive: (id, budget) => keepLeaseAlive(context, id, budget),
      revokeLease: (id, budget) => revokeLease(context, id, budget),
      health: (budget) => healthOf(context, budget),
      probe: async (budget) => void (await answerOf(context, readRange(first), budget)),
      close: context.members.close,
    };
  });
}

function contextOf(
  options: EtcdOptions,
  { endpoints, tls, prefix }: ClusterSettings,
  opened: Opened,
): Context {
  const [low = 0, high = 0] = (options.random ?? systemRandom()).bytes(2);
  const log = options.log ?? (() => {});
  const wentBack = (detail: WentBack): void => {
    log(`the etcd cluster went back: revision ${detail.before.revision}, now ${detail.now.revision}`);
    options.onWentBack?.(detail);
  };
  return {
    ...opened,
    members: openMembers(endpoints, tls, opened.clock, low + 256 * high),
    progress: progress(wentBack),
    tokens: options.auth === undefined ? null : tokenSource(options.auth),
    keys: keySpace(prefix),
    log,
  };
}
