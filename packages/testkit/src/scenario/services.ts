import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type EtcdCluster, startEtcdCluster } from '../etcd/index.ts';
import {
  freePort,
  type ServiceProcess,
  startServiceProcess,
  untilReady,
} from '../service/service-process.ts';
import { startTikvCluster, type TikvCluster } from '../tikv/index.ts';

/** The permission services of a scenario, and the store below them. */
export interface ScenarioServices {
  readonly all: readonly ServiceProcess[];
  /** Null on another store. */
  readonly etcd: EtcdCluster | null;
  /** Null on another store. */
  readonly tikv: TikvCluster | null;
  /** A service that answers now; throws if none does. */
  alive(): ServiceProcess;
  close(): Promise<void>;
}

/** `apart`: SQLite in a separate file, and not in the file of the ledger. */
export type StoreKind = 'sqlite' | 'apart' | 'etcd' | 'tikv';

/** Keys of the ledger begin so, in etcd and in TiKV. */
export const LEDGER_PREFIX = '/watchbill/scenario/';

/** Two services on a cluster, or one on its own disk. */
export async function startServices(store: StoreKind, folder: string): Promise<ScenarioServices> {
  const etcd = store === 'etcd' ? await startEtcdCluster({ binary: 'debian' }) : null;
  const tikv = store === 'tikv' ? await startTikvCluster() : null;
  const cluster = etcd ?? tikv;
  const all: ServiceProcess[] = [];
  const close = async (): Promise<void> => {
    for (const service of all) await service.kill();
    await cluster?.close();
  };
  try {
    // The first makes the ledger and approves the second.
    for (const name of cluster === null ? ['one'] : ['one', 'two'])
      all.push(await startOne(name, folder, storeBlock(store, cluster?.endpoints ?? [])));
  } catch (error) {
    await close();
    throw error;
  }
  return {
    all,
    etcd,
    tikv,
    alive: () => {
      const found = all.find((service) => !service.exited());
      if (found === undefined) throw new Error('no service runs');
      return found;
    },
    close,
  };
}

type StoreBlock = (dir: string) => Readonly<Record<string, unknown>>;

function storeBlock(kind: StoreKind, endpoints: readonly string[]): StoreBlock {
  if (kind === 'sqlite') return () => ({ kind });
  if (kind === 'apart') return (dir) => ({ kind: 'sqlite', path: join(dir, 'store.sqlite') });
  return () => ({ kind, endpoints, prefix: LEDGER_PREFIX });
}

async function startOne(name: string, folder: string, storeOf: StoreBlock): Promise<ServiceProcess> {
  const dir = join(folder, `service-${name}`);
  mkdirSync(dir, { recursive: true });
  const service = await startServiceProcess({ dir, port: await freePort(), name, store: storeOf(dir) });
  await untilReady(service);
  return service;
}
