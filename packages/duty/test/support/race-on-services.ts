import type { TestContext } from 'node:test';
import { type EtcdServices, nodesOfNewKey } from './etcd-services.ts';
import { checkTold, type LongRace, startLongRace, type Told } from './long-race.ts';

let keys = 0;

/**
 * Two nodes of a new key claim through the services: in calm, through the disturbance, and in calm again.
 * Checks everything that they were told, and returns it.
 */
export async function raceOnServices(
  context: TestContext,
  services: Pick<EtcdServices, 'all' | 'ready'>,
  disturb: (race: LongRace) => Promise<void>,
): Promise<readonly Told[]> {
  keys += 1;
  const race = startLongRace(await nodesOfNewKey(services.all, keys));
  context.after(async () => void (await race.stop()));
  await race.goesOn();
  race.disturbed();
  await disturb(race);
  await services.ready();
  race.calm();
  await race.goesOn(60);
  const told = await race.stop();
  checkTold(told);
  return told;
}

/**
 * The cluster is whole again, and every service has asked for its session since: it does so each third of its
 * life, so what the disturbance could cost was lost by now.
 */
export async function sessionsSettled({
  cluster,
  services,
}: {
  readonly cluster: { readonly settled: () => Promise<unknown> };
  readonly services: EtcdServices;
}): Promise<void> {
  await cluster.settled();
  await new Promise((resolve) => setTimeout(resolve, services.sessionTtlMs / 2));
}
