import assert from 'node:assert/strict';
import test from 'node:test';
import type { ServiceProcess } from '@watchbill/testkit';
import { startEtcdCluster } from '@watchbill/testkit';
import { keyOf, nodeSecret, setUpKey } from '@watchbill/testkit/service/ledger-setup';
import { claimOnce } from '@watchbill/testkit/service/race';
import { nodesOfNewKey, startEtcdServices } from '../support/etcd-services.ts';
import { untilIdentityKnown } from '../support/identity-known.ts';
import { checkTold, type LongRace, startLongRace } from '../support/long-race.ts';

const HELD = 8;
/** Longer than any claim waits: what is held, is held when the signal comes. */
const STANDBY_DELAY_MS = 60_000;
const HELD_TIMEOUT_MS = 20_000;

/** Claims under way at a service that are certainly none of the race. */
async function heldAt(service: ServiceProcess, race: LongRace): Promise<number> {
  const answered = race.told().filter(({ url }) => url === service.url).length;
  const all = await inFlight(service);
  return all - (race.sent(service.url) - answered);
}

async function inFlight(service: ServiceProcess): Promise<number> {
  const text = await (await service.fetch('/metrics')).text();
  return Number(/^watchbill_claims_in_flight (\d+)$/m.exec(text)?.[1]);
}

test('a service ended by SIGTERM under load answers everything that it had accepted, and exits with 0', {
  timeout: 240_000,
}, async (context) => {
  const cluster = await startEtcdCluster({ binary: 'v3.6' });
  context.after(() => cluster.close());
  const services = await startEtcdServices(context, { cluster, count: 2 });
  const ending = services.at(0);
  const race = startLongRace(await nodesOfNewKey(services.all, 1));
  context.after(async () => void (await race.stop()));
  await race.goesOn();
  race.disturbed();
  const key = keyOf(2);
  const genesisMs = Date.now();
  await setUpKey(ending, { key, nodes: ['first', 'standby'], standbyDelayMs: STANDBY_DELAY_MS, genesisMs });
  const secret = await nodeSecret(ending, 'standby');
  await untilIdentityKnown([ending], secret);
  const standby = {
    urls: [ending.url],
    secret,
    key,
    incarnation: 'aa'.repeat(16),
    payload: 'aa',
    timeoutMs: HELD_TIMEOUT_MS,
  };
  const held = Array.from({ length: HELD }, (_, index) => claimOnce(ending.url, standby, index + 1));
  const answers = Promise.allSettled(held);
  while ((await heldAt(ending, race)) < HELD) await race.answers(1);
  await ending.kill('SIGTERM');
  assert.equal(ending.exitCode(), 0, await ending.log());
  for (const answer of await answers) {
    assert.equal(answer.status, 'fulfilled', `a claim under way was cut off: ${JSON.stringify(answer)}`);
    assert.ok(answer.status === 'fulfilled');
    assert.match(answer.value.outcome, /^(unknown|denied)$/);
  }
  await race.goesOn();
  const told = await race.stop();
  checkTold(told);
  // A client may ask over an idle connection in the moment in which it is closed: once, as it has only one.
  const lost = told.filter(({ status, reason }) => status === 0 && !reason.includes('ECONNREFUSED'));
  const losers = lost.map(({ payload }) => payload);
  assert.equal(new Set(losers).size, losers.length, JSON.stringify(lost));
});
