import type { TestContext } from 'node:test';
import { type EtcdBinary, type EtcdCluster, startEtcdCluster } from '@watchbill/testkit';
import {
  type EtcdServices,
  type EtcdServicesSetup,
  nodesOfNewKey,
  startEtcdServices,
} from './etcd-services.ts';
import { checkTold, type LongRace, startLongRace } from './long-race.ts';

export interface Stage {
  readonly cluster: EtcdCluster;
  readonly services: EtcdServices;
}

/** A cluster and services that the tests of a suite share, each with a key of its own; the first test starts them. */
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

let keys = 0;

/**
 * Two nodes of a new key claim through the services: in calm, through the disturbance, and in calm again. Checks
 * everything that they were told.
 */
export async function raceThrough(
  context: TestContext,
  stage: Stage,
  disturb: (stage: RaceStage) => Promise<void>,
): Promise<void> {
  keys += 1;
  const race = startLongRace(await nodesOfNewKey(stage.services.all, keys));
  context.after(async () => void (await race.stop()));
  await race.goesOn();
  race.disturbed();
  await disturb({ ...stage, race });
  await stage.services.ready();
  race.calm();
  await race.goesOn(60);
  checkTold(await race.stop());
}

/**
 * The cluster is whole again, and every service has asked for its session since: it does so each third of its life, so
 * what the disturbance could cost was lost by now.
 */
export async function sessionsSettled({ cluster, services }: Stage): Promise<void> {
  await cluster.settled();
  await new Promise((resolve) => setTimeout(resolve, services.sessionTtlMs / 2));
}
