import type { TestContext } from 'node:test';
import { type EtcdBinary, type EtcdCluster, startEtcdCluster } from '@watchbill/testkit';
import { type EtcdServices, type EtcdServicesSetup, nodesOfNewKey, startEtcdServices } from './etcd-services.ts';
import { checkTold, type LongRace, startLongRace } from './long-race.ts';

/** A cluster that the tests of a file share, started by the first; each test has a ledger of its own in it. */
export interface SharedCluster {
  get(): Promise<EtcdCluster>;
  close(): Promise<void>;
}

export function sharedCluster(binary: EtcdBinary): SharedCluster {
  let started: Promise<EtcdCluster> | null = null;
  return {
    get: () => {
      started ??= startEtcdCluster({ binary });
      return started;
    },
    close: async () => {
      await (await started)?.close();
    },
  };
}

export interface RaceStage {
  readonly cluster: EtcdCluster;
  readonly services: EtcdServices;
  readonly race: LongRace;
}

export const SESSION_TTL_MS = 2_000;

/**
 * Two nodes of one key claim through services over one cluster: in calm, through the disturbance, and in calm again.
 * Checks everything that they were told.
 */
export async function raceThrough(
  context: TestContext,
  cluster: EtcdCluster,
  setup: Omit<EtcdServicesSetup, 'cluster'>,
  disturb: (stage: RaceStage) => Promise<void>,
): Promise<void> {
  const services = await startEtcdServices(context, { sessionTtlMs: SESSION_TTL_MS, ...setup, cluster });
  const race = startLongRace(await nodesOfNewKey(services.all, 1));
  context.after(async () => void (await race.stop()));
  await race.goesOn();
  race.disturbed();
  await disturb({ cluster, services, race });
  await calmAgain({ cluster, services, race });
  await race.goesOn(60);
  checkTold(await race.stop());
}

/** The cluster is whole, every session that the disturbance could cost was lost by now, and the services are ready. */
export async function calmAgain({ cluster, services, race }: RaceStage): Promise<void> {
  await cluster.settled();
  await new Promise((resolve) => setTimeout(resolve, SESSION_TTL_MS));
  await services.ready();
  race.calm();
}
