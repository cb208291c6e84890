import type { TestContext } from 'node:test';
import { freePort, startServiceProcess, untilReady } from '@watchbill/testkit';
import { keyOf, nodeSecret, setUpKey } from '@watchbill/testkit/service/ledger-setup';
import { claimSlot } from '@watchbill/testkit/service/race';

export interface KillingRaceSetup {
  readonly dir: string;
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
 * service kills itself at a failpoint and is started again.
 */
export async function killingRace(context: TestContext, setup: KillingRaceSetup): Promise<KillingRaceResult> {
  const { dir, store } = setup;
  const service = await startServiceProcess({ dir, port: await freePort(), store });
  context.after(() => service.kill());
  await untilReady(service);
  const key = keyOf(9);
  await setUpKey(service, { key, nodes: ['a', 'b'] });
  const secrets = [await nodeSecret(service, 'a'), await nodeSecret(service, 'b')];
  await service.kill('SIGTERM');
  let kills = 0;
  let racing = true;
  await service.restart({ WATCHBILL_FAILPOINT: `${setup.failpoint}:${VISIT}` });
  const restarts = (async () => {
    while (racing) {
      await Promise.race([service.gone(), new Promise((resolve) => setTimeout(resolve, 50))]);
      if (!racing || !service.exited()) continue;
      kills += 1;
      const env = kills < setup.kills ? { WATCHBILL_FAILPOINT: `${setup.failpoint}:${VISIT}` } : {};
      await service.restart(env);
    }
  })();
  const told = await Promise.all(
    secrets.map(async (secret, index) => {
      const payload = index === 0 ? '0a' : '0b';
      const client = { urls: [service.url], secret, key, incarnation: payload.repeat(16), payload };
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
