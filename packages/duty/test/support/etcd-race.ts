import type { TestContext } from 'node:test';
import { type EtcdBinary, type EtcdCluster, startEtcdCluster } from '@watchbill/testkit';
import { type EtcdServices, type EtcdServicesSetup, startEtcdServices } from './etcd-services.ts';
import type { LongRace } from './long-race.ts';
import { raceOnServices } from './race-on-services.ts';

export interface Stage {
  readonly cluster: EtcdCluster;
  readonly services: EtcdServices;
}

/**
 * A cluster and services that the tests of a suite share, each with a key of its own; the first test starts
 * them.
 */
export interface SharedStage {
  get(): Promise<Stage>;
  close(): Promise<void>;
}

export function sharedStage(binary: EtcdBinary, setup: Omit<EtcdServicesSetup, 'cluster'>): SharedStage {
  const ends: (() => Promise<void>)[] = [];
  let started: Promise<Stage> | null = null;
  async function start(): Promise<Stage> {
    const cluster = await startEtcdCluster({ binary });
    ends.push(() => cluster.close());
    const services = await startEtcdServices({ after: (end) => ends.push(end) }, { ...setup, cluster });
    return { cluster, services };
  }
  return {
    get: () => {
      started ??= start();
      return started;
    },
    close: async () => {
      await started?.catch(() => undefined);
      for (const end of ends.reverse()) await end();
    },
  };
}

export interface RaceStage extends Stage {
  readonly race: LongRace;
}

/** As {@link raceOnServices}, on etcd. */
export async function raceThrough(
  context: TestContext,
  stage: Stage,
  disturb: (stage: RaceStage) => Promise<void>,
): Promise<void> {
  await raceOnServices(context, stage.services, (race) => disturb({ ...stage, race }));
}
