import { setMaxListeners } from 'node:events';
import { systemRandom } from '@watchbill/kit';
import type { CallOptions, Store } from '../port.ts';
import { checkOpen, closedFault } from '../shared/checks.ts';
import { keySpace } from '../shared/key-space.ts';
import { failedWatch } from '../shared/watchers.ts';
import { answerOf, type Context, readRange } from './call.ts';
import { healthOf } from './health.ts';
import { grantLease, keepLeaseAlive, revokeLease } from './lease.ts';
import { openMembers } from './members.ts';
import { recordRange } from './operations.ts';
import { type EtcdOptions, type Settings, settingsOf, type WentBack } from './options.ts';
import { progress } from './progress.ts';
import { listKeys, readKeys } from './read.ts';
import { tokenSource } from './token.ts';
import { transact } from './transact.ts';
import { openWatch } from './watch.ts';

/**
 * A store in an etcd cluster, 3.4 or newer. Settles after one linearizable read has succeeded, so that a
 * wrong address, certificate or password shows here. Rejects with a {@link StoreFault}.
 */
export async function openEtcdStore(options: EtcdOptions): Promise<Store> {
  const settings = settingsOf(options);
  const closing = new AbortController();
  // Every watch subscribes to it.
  setMaxListeners(0, closing.signal);
  const context = contextOf(options, settings, closing.signal);
  const close = async (): Promise<void> => {
    closing.abort();
    context.members.close();
  };
  try {
    // A record that the store's user must be able to read in any case.
    const range = { ...recordRange(context.keys, ''), limit: 1n, keysOnly: true };
    await answerOf(context, readRange(range));
  } catch (error) {
    await close();
    throw error;
  }
  return etcdStore(context, close);
}

function contextOf(options: EtcdOptions, settings: Settings, closing: AbortSignal): Context {
  const [low = 0, high = 0] = (options.random ?? systemRandom()).bytes(2);
  const log = options.log ?? (() => {});
  const wentBack = (detail: WentBack): void => {
    log(`the etcd cluster went back: revision ${detail.before.revision}, now ${detail.now.revision}`);
    options.onWentBack?.(detail);
  };
  return {
    clock: options.clock,
    members: openMembers(settings, options.clock, low + 256 * high),
    progress: progress(wentBack),
    tokens: settings.auth === null ? null : tokenSource(settings.auth),
    keys: keySpace(settings.prefix),
    maxTxnOps: settings.maxTxnOps,
    callTimeoutMs: settings.callTimeoutMs,
    closing,
    log,
  };
}

function etcdStore(context: Context, close: () => Promise<void>): Store {
  /** After `close` no call begins, and running calls still end with their true result. */
  async function open<T>(run: () => Promise<T>, options: CallOptions | undefined): Promise<T> {
    checkOpen('etcd', context.closing.aborted, options);
    return run();
  }
  return {
    kind: 'etcd',
    read: (names, options) => open(() => readKeys(context, names, options), options),
    list: (prefix, page, options) => open(() => listKeys(context, prefix, page, options), options),
    transact: (transactions, options) => open(() => transact(context, transactions, options), options),
    watch: (prefix, handlers) =>
      context.closing.aborted ? failedWatch(closedFault('etcd')) : openWatch(context, prefix, handlers),
    grantLease: (ttlMs, options) => open(() => grantLease(context, ttlMs, options), options),
    keepLeaseAlive: (id, options) => open(() => keepLeaseAlive(context, id, options), options),
    revokeLease: (id, options) => open(() => revokeLease(context, id, options), options),
    health: (options) => healthOf(context, options),
    close,
  };
}
