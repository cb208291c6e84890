import { setMaxListeners } from 'node:events';
import { messageOf, systemRandom } from '@watchbill/kit';
import { type CallOptions, type Store, StoreFault } from '../port.ts';
import { checkOpen, closedFault, downHealth } from '../shared/checks.ts';
import { keySpace } from '../shared/key-space.ts';
import { failedWatch } from '../shared/watchers.ts';
import type { Writer } from './attempt.ts';
import { type Budget, openBudget } from './budget.ts';
import { openChannels } from './channels.ts';
import { healthOf, skewOf } from './health.ts';
import { grantLease, keepLeaseAlive, revokeLease } from './lease.ts';
import { type Settings, settingsOf, type TikvOptions } from './options.ts';
import { openPd } from './pd.ts';
import { listKeys, readKeys } from './read.ts';
import { openRegions } from './regions.ts';
import { physicalMs } from './timestamp.ts';
import { transact } from './transact.ts';
import { openWatch } from './watch.ts';

/** The longest time for cleanup after a reply. */
const BACKGROUND_MS = 5_000;

/**
 * A store in a TiKV cluster, 5.0 or newer: percolator's two phases over plain transactional calls, never raw
 * ones, never one-phase or asynchronous commits. Settles after one linearizable read has succeeded, so that a
 * wrong address or certificate shows here. Rejects with a {@link StoreFault}.
 */
export async function openTikvStore(options: TikvOptions): Promise<Store> {
  const settings = settingsOf(options);
  const closing = new AbortController();
  // Every call and every watch subscribes to it.
  setMaxListeners(0, closing.signal);
  const writer = writerOf(options, settings, closing.signal);
  const close = async (): Promise<void> => {
    closing.abort();
    writer.cluster.channels.close();
  };
  try {
    await probe(writer, openBudget(options.clock, closing.signal, settings.callTimeoutMs, undefined));
  } catch (error) {
    await close();
    throw error;
  }
  return tikvStore(writer, settings, close);
}

function writerOf(options: TikvOptions, settings: Settings, closing: AbortSignal): Writer {
  const { clock } = options;
  const random = options.random ?? systemRandom();
  const log = options.log ?? (() => {});
  const spread = (): number => (random.bytes(1)[0] ?? 0) / 256;
  const channels = openChannels(settings.tls, clock, options.onCall ?? (() => {}));
  const pd = openPd({
    endpoints: settings.endpoints,
    channels,
    spread,
    log,
    wentBack: (detail) => options.onWentBack?.(detail),
  });
  return {
    cluster: { pd, regions: openRegions(pd, spread), channels, clock, log, spread },
    keys: keySpace(settings.prefix),
    leaseHints: new Map(),
    closing,
    lockTtlMs: settings.lockTtlMs,
    background: (run) => {
      run(openBudget(clock, closing, BACKGROUND_MS, undefined)).catch((error: unknown) => {
        log(`work after a reply failed: ${messageOf(error)}`);
      });
    },
  };
}

/** Reads one record, which takes PD, a region and its store. */
async function probe(writer: Writer, budget: Budget): Promise<void> {
  const { pd, clock, log } = writer.cluster;
  await pd.open(budget);
  await readKeys(writer, [' '], budget);
  const skew = skewOf(clock.nowMs(), physicalMs(await pd.timestamp(budget)));
  if (skew !== null) log(skew);
}

function tikvStore(writer: Writer, settings: Settings, close: () => Promise<void>): Store {
  const { closing } = writer;
  const budgetOf = (options: CallOptions | undefined): Budget =>
    openBudget(writer.cluster.clock, closing, settings.callTimeoutMs, options);
  async function open<T>(run: (budget: Budget) => Promise<T>, options: CallOptions | undefined): Promise<T> {
    checkOpen('tikv', closing.aborted, options);
    return run(budgetOf(options));
  }
  const watching = { reader: writer, intervalMs: settings.watchIntervalMs };
  return {
    kind: 'tikv',
    read: (names, options) => open((budget) => readKeys(writer, names, budget), options),
    list: (prefix, page, options) => open((budget) => listKeys(writer, prefix, page, budget), options),
    transact: (transactions, options) => open((budget) => transact(writer, transactions, budget), options),
    watch: (prefix, handlers) =>
      closing.aborted ? failedWatch(closedFault('tikv')) : openWatch(watching, prefix, handlers),
    grantLease: (ttlMs, options) => open((budget) => grantLease(writer, ttlMs, budget), options),
    keepLeaseAlive: (id, options) => open((budget) => keepLeaseAlive(writer, id, budget), options),
    revokeLease: (id, options) => open((budget) => revokeLease(writer, id, budget), options),
    health: async (options) =>
      closing.aborted ? downHealth('the store was closed') : healthOf(writer, budgetOf(options)),
    close,
  };
}
