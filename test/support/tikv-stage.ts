import type { TestContext } from 'node:test';
import { startTikvCluster, type TikvCluster } from '@watchbill/testkit/tikv';
import { type EtcdServices, nodesOfNewKey, startEtcdServices } from './etcd-services.ts';
import { checkTold, type LongRace, startLongRace } from './long-race.ts';

/** A cluster and real services on it that the tests of a suite share. */
export interface TikvStage {
  readonly cluster: TikvCluster;
  readonly services: EtcdServices;
  close(): Promise<void>;
}

export interface TikvRaceStage extends TikvStage {
  readonly race: LongRace;
}

export async function startTikvStage(count: number, sessionTtlMs?: number): Promise<TikvStage> {
  const ends: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    for (const end of ends.splice(0).reverse()) await end();
  };
  try {
    const cluster = await startTikvCluster();
    ends.push(() => cluster.close());
    const services = await startEtcdServices(
      { after: (end) => ends.push(end) },
      { cluster, count, store: { kind: 'tikv' }, ...(sessionTtlMs === undefined ? {} : { sessionTtlMs }) },
    );
    return { cluster, services, close };
  } catch (error) {
    await close();
    throw error;
  }
}

let keys = 0;

/**
 * Two nodes of a new key claim through the services: in calm, through the disturbance, and in calm again. Checks
 * everything that they were told.
 */
export async function raceThroughTikv(
  context: TestContext,
  stage: TikvStage,
  disturb: (stage: TikvRaceStage) => Promise<void>,
): Promise<void> {
  keys += 1;
  const race = startLongRace(await nodesOfNewKey(stage.services.all, keys));
  context.after(async () => void (await race.stop()));
  await race.goesOn();
  race.disturbed();
  await disturb({ ...stage, race });
  await stage.cluster.settled();
  // A service asks for its session each third of its life: what the disturbance could cost was lost by then.
  await new Promise((resolve) => setTimeout(resolve, stage.services.sessionTtlMs / 2));
  await stage.services.ready();
  race.calm();
  await race.goesOn(60);
  checkTold(await race.stop());
}
