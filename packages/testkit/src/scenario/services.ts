import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type EtcdCluster, startEtcdCluster } from '../etcd/index.ts';
import {
  freePort,
  type ServiceProcess,
  startServiceProcess,
  untilReady,
} from '../service/service-process.ts';

/** The permission services of a scenario, and what is under them. */
export interface ScenarioServices {
  readonly all: readonly ServiceProcess[];
  /** Null on the embedded store. */
  readonly etcd: EtcdCluster | null;
  /** One that answers now; throws where none does. */
  alive(): ServiceProcess;
  close(): Promise<void>;
}

export type StoreKind = 'sqlite' | 'etcd';

/** Two services on a cluster of three, or one on its own disk. */
export async function startServices(store: StoreKind, folder: string): Promise<ScenarioServices> {
  const etcd = store === 'etcd' ? await startEtcdCluster({ binary: 'debian' }) : null;
  const all: ServiceProcess[] = [];
  const close = async (): Promise<void> => {
    for (const service of all) await service.kill();
    await etcd?.close();
  };
  try {
    // The first makes the ledger and vouches for the second.
    for (const name of store === 'etcd' ? ['one', 'two'] : ['one'])
      all.push(await startOne(name, folder, etcd));
  } catch (error) {
    await close();
    throw error;
  }
  return {
    all,
    etcd,
    alive: () => {
      const found = all.find((service) => !service.exited());
      if (found === undefined) throw new Error('no service runs');
      return found;
    },
    close,
  };
}

async function startOne(name: string, folder: string, etcd: EtcdCluster | null): Promise<ServiceProcess> {
  const dir = join(folder, `service-${name}`);
  mkdirSync(dir, { recursive: true });
  const store =
    etcd === null
      ? { kind: 'sqlite', path: join(dir, 'store.sqlite') }
      : { kind: 'etcd', endpoints: etcd.endpoints, prefix: '/watchbill/scenario/' };
  const service = await startServiceProcess({ dir, port: await freePort(), name, store });
  await untilReady(service);
  return service;
}
