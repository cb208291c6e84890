import { messageOf, systemRandom } from '@watchbill/kit';
import { type Budget, type Opened, openBudget } from '../grpc/budget.ts';
import { openClusterStore } from '../grpc/cluster-store.ts';
import { type ClusterSettings, clusterSettings } from '../grpc/endpoints.ts';
import type { Store } from '../port.ts';
import { keySpace } from '../shared/key-space.ts';
import { openChannels } from './channels.ts';
import { healthOf, skewOf } from './health.ts';
import { grantLease, keepLeaseAlive, revokeLease } from './lease.ts';
import { NAMED, type TikvOptions } from './options.ts';
import { openPd } from './pd.ts';
import { listKeys, readKeys } from './read.ts';
import { openRegions } from './regions.ts';
import { physicalMs } from './timestamp.ts';
import { transact } from './transact.ts';
import type { Writer } from './two-phases.ts';
import { openWatch } from './watch.ts';

/** The longest time for cleanup after a reply. */
const BACKGROUND_MS = 5_000;
const LOCK_TTL_MS = 1_000;
const WATCH_INTERVAL_MS = 250;

/**
 * A store in a TiKV cluster, 5.0 or newer: percolator's two phases over plain transactional calls, never raw
 * ones, never one-phase or asynchronous commits. Settles after one linearizable read has succeeded. Rejects
 * with a StoreFault.
 */
export async function openTikvStore(options: TikvOptions): Promise<Store> {
  const { clock, watchIntervalMs: intervalMs = WATCH_INTERVAL_MS } = options;
  const settings = clusterSettings(options, NAMED);
  return openClusterStore({ kind: 'tikv', clock, callTimeoutMs: settings.callTimeoutMs }, (opened) => {
    const writer = writerOf(options, settings, opened);
    return {
      read: (names, budget) => readKeys(writer, names, budget),
      list: (prefix, page, budget) => listKeys(writer, prefix, page, budget),
      transact: (transactions, budget) => transact(writer, transactions, budget),
      watch: (prefix, handlers) => openWatch({ reader: writer, intervalMs }, prefix, handlers),
      grantLease: (ttlMs, budget) => grantLease(writer, ttlMs, budget),
      keepLeaseAlive: (id, budget) => keepLeaseAlive(writer, id, budget),
      revokeLease: (id, budget) => revokeLease(writer, id, budget),
      health: (budget) => healthOf(writer, budget),
      probe: (budget) => probe(writer, budget),
      close: writer.cluster.channels.close,
    };
  });
}

function writerOf(options: TikvOptions, { endpoints, tls, prefix }: ClusterSettings, opened: Opened): Writer {
  const random = options.random ?? systemRandom();
  const log = options.log ?? (() => {});
  const spread = (): number => (random.bytes(1)[0] ?? 0) / 256;
  const channels = openChannels(tls, opened.clock, options.onCall ?? (() => {}));
  const wentBack: TikvOptions['onWentBack'] = (detail) => options.onWentBack?.(detail);
  const pd = openPd({ endpoints, channels, spread, log, wentBack });
  return {
    cluster: { ...opened, pd, regions: openRegions(pd, spread), channels, log, spread },
    keys: keySpace(prefix),
    leaseHints: new Map(),
    lockTtlMs: options.lockTtlMs ?? LOCK_TTL_MS,
    background: (run) => {
      run(openBudget(opened, BACKGROUND_MS)).catch((error: unknown) => {
        log(`work after a reply failed: ${messageOf(error)}`);
      });
    },
  };
}

/** Reads one record, which takes PD, a region and its store. */
async function probe(writer: Writer, budget: Budget): Promise<void> {
  const { pd, clock, log } = writer.cluster;
  await readKeys(writer, [' '], budget);
  const skew = skewOf(clock.nowMs(), physicalMs(await pd.timestamp(budget)));
  if (skew !== null) log(skew);
}
