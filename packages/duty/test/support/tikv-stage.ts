import type { TestContext } from 'node:test';
import { startTikvCluster, type TikvCluster } from '@watchbill/testkit/tikv';
import { type EtcdServices, startEtcdServices } from './etcd-services.ts';
import type { LongRace } from './long-race.ts';
import { raceOnServices, sessionsSettled } from './race-on-services.ts';

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

/** As {@link raceOnServices}, on TiKV; the sessions of the services are settled before it is calm again. */
export async function raceThroughTikv(
  context: TestContext,
  stage: TikvStage,
  disturb: (stage: TikvRaceStage) => Promise<void>,
): Promise<void> {
  await raceOnServices(context, stage.services, async (race) => {
    await disturb({ ...stage, race });
    await sessionsSettled(stage);
  });
}
