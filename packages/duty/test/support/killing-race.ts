import type { TestContext } from 'node:test';
import { freePort, type ServiceProcess, startServiceProcess, untilReady } from '@watchbill/testkit';
import { keyOf, nodeSecret, setUpKey } from '@watchbill/testkit/service/ledger-setup';
import { claimSlot } from '@watchbill/testkit/service/race';

export interface KillingRaceSetup {
  /** One service for each folder. */
  readonly folders: readonly string[];
  readonly store: Readonly<Record<string, unknown>>;
  readonly failpoint: string;
  readonly kills: number;
  readonly units: number;
}

export interface KillingRaceResult {
  /** Units for which two payloads were told granted. */
  readonly conflicts: readonly number[];
  readonly ungranted: readonly number[];
  readonly kills: number;
}

const VISIT = 5;
const ATTEMPTS = 600;

/**
 * Two nodes of one identity claim the same slots, each repeating its claim until it is answered, while the
 * first service kills itself at a failpoint and is started again.
 */
export async function killingRace(context: TestContext, setup: KillingRaceSetup): Promise<KillingRaceResult> {
  const services = await startAll(context, setup);
  const [first] = services;
  if (first === undefined) throw new Error('a folder is needed');
  const key = keyOf(9);
  await setUpKey(first, { key, nodes: ['a', 'b'] });
  const urls = services.map((service) => service.url);
  const secrets = [await nodeSecret(first, 'a'), await nodeSecret(first, 'b')];
  await first.kill('SIGTERM');
  let kills = 0;
  let racing = true;
  await first.restart({ WATCHBILL_FAILPOINT: `${setup.failpoint}:${VISIT}` });
  const restarts = (async () => {
    while (racing) {
      await Promise.race([first.gone(), new Promise((resolve) => setTimeout(resolve, 50))]);
      if (!racing || !first.exited()) continue;
      kills += 1;
      const env = kills < setup.kills ? { WATCHBILL_FAILPOINT: `${setup.failpoint}:${VISIT}` } : {};
      await first.restart(env);
    }
  })();
  const told = await Promise.all(
    secrets.map(async (secret, index) => {
      const payload = index === 0 ? '0a' : '0b';
      const order = index === 0 ? urls : [...urls].reverse();
      const client = { urls: order, secret, key, incarnation: payload.repeat(16), payload };
      const granted = new Set<number>();
      for (let unit = 1; unit <= setup.units; unit++) {
        const answer = await claimSlot(client, unit, ATTEMPTS);
        if (answer.outcome === 'unknown') throw new Error(`unit ${unit} stayed unknown: ${answer.reason}`);
        if (answer.outcome === 'granted') granted.add(unit);
      }
      return granted;
    }),
  );
  racing = false;
  await restarts;
  const units = Array.from({ length: setup.units }, (_, index) => index + 1);
  return {
    conflicts: units.filter((unit) => told.filter((granted) => granted.has(unit)).length > 1),
    ungranted: units.filter((unit) => told.every((granted) => !granted.has(unit))),
    kills,
  };
}

async function startAll(context: TestContext, setup: KillingRaceSetup): Promise<readonly ServiceProcess[]> {
  const services: ServiceProcess[] = [];
  context.after(async () => {
    for (const service of services) await service.kill();
  });
  for (const [index, dir] of setup.folders.entries()) {
    const service = await startServiceProcess({
      dir,
      port: await freePort(),
      name: `s${index}`,
      store: setup.store,
    });
    services.push(service);
    await untilReady(service);
  }
  return services;
}
