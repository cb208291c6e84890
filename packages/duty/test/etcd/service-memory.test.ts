import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { type ServiceProcess, startEtcdCluster, untilReady, waitFor } from '@watchbill/testkit';
import { type ClaimingClient, claimOnce } from '@watchbill/testkit/service/race';
import { type EtcdServices, nodesOfNewKey, startEtcdServices } from '../support/etcd-services.ts';

const options = { timeout: 240_000 };
const ASKED = 10;
const WAIT = { timeoutMs: 60_000, everyMs: 50 };

interface Listed {
  readonly id: string;
  readonly name: string;
  readonly state: string;
  readonly self: boolean;
  readonly vouchedBy: string | null;
}

/** As an old disk that is gone: the process killed, its memory removed. */
async function loseMemory(service: ServiceProcess): Promise<void> {
  await service.kill('SIGKILL');
  await rm(join(service.dir, 'data'), { recursive: true });
}

async function listed(service: ServiceProcess): Promise<readonly Listed[]> {
  const { services } = (await service.admin('GET', '/v1/services')) as { services: readonly Listed[] };
  return services;
}

async function idOf(service: ServiceProcess): Promise<string> {
  const own = (await listed(service)).find(({ self }) => self);
  assert.ok(own !== undefined);
  return own.id;
}

/** What new slots are told at one service that has just been started, or not: outcome and reason. */
async function toldAt(
  service: ServiceProcess,
  node: ClaimingClient,
  firstUnit: number,
): Promise<Set<string>> {
  const told = new Set<string>();
  for (let unit = firstUnit; unit < firstUnit + ASKED; unit += 1) {
    const { outcome, reason } = await claimOnce(service.url, node, unit);
    told.add(`${outcome}:${reason}`);
  }
  return told;
}

/** Wait until the service has looked at the store for the first time. */
async function untilItKnows(service: ServiceProcess): Promise<void> {
  const knows = async () => {
    const { state } = (await service.admin('GET', '/v1/health')) as { state: string };
    return state !== 'starting';
  };
  await waitFor('the service to look at its store', knows, WAIT);
}

/** Two services with memory of grants up to unit 20. */
async function withGrants(services: EtcdServices): Promise<ClaimingClient> {
  const [node] = await nodesOfNewKey(services.all, 1);
  assert.ok(node !== undefined);
  for (const [index, service] of services.all.entries())
    assert.deepEqual([...(await toldAt(service, node, 1 + ASKED * index))], ['granted:new']);
  return node;
}

test('services over etcd that lost their memory', options, async (context) => {
  const cluster = await startEtcdCluster({ binary: 'debian' });
  context.after(() => cluster.close());
  const start = async () => {
    const services = await startEtcdServices(context, { cluster, count: 2 });
    return { services, one: services.at(0), two: services.at(1), node: await withGrants(services) };
  };
  const reason = { reason: 'its disk was lost in this test' };

  await context.test('it joins anew, denies until one with memory vouches, and then serves', async () => {
    const { one, two, node } = await start();
    const lost = await idOf(two);
    await loseMemory(two);
    await one.admin('DELETE', `/v1/services/${lost}`, reason);
    // While the only service with memory sleeps, nobody can vouch.
    process.kill(one.pid, 'SIGSTOP');
    try {
      await two.restart();
      await untilItKnows(two);
      assert.deepEqual([...(await toldAt(two, node, 101))], ['denied:no-memory']);
      assert.equal((await two.fetch('/readyz')).status, 503);
    } finally {
      process.kill(one.pid, 'SIGCONT');
    }
    await untilReady(two);
    assert.deepEqual([...(await toldAt(two, node, 201))], ['granted:new']);
    await untilReady(one);
    const found = await listed(one);
    const anew = found.find(({ id }) => id !== lost && id !== found.find(({ self }) => self)?.id);
    assert.equal(anew?.state, 'serving');
    assert.equal(anew?.vouchedBy, await idOf(one));
  });

  await context.test('it does not serve while what it was is listed and cannot be asked', async () => {
    const { one, two, node } = await start();
    const lost = await idOf(two);
    await loseMemory(two);
    await two.restart();
    await untilItKnows(two);
    const toldBefore: string[] = [];
    const areListed = async () => {
      toldBefore.push(...(await toldAt(two, node, 101)));
      return (await listed(one)).filter(({ state }) => state === 'serving').length === 3;
    };
    await waitFor('three services to be listed as serving', areListed, WAIT);
    assert.doesNotMatch(toldBefore.join(), /granted/);
    const told = [...(await toldAt(two, node, 101))];
    assert.ok(
      told.every((one) => ['denied:no-memory', 'denied:session-lost'].includes(one)),
      `${told}`,
    );
    await one.admin('DELETE', `/v1/services/${lost}`, reason);
    await untilReady(two);
    assert.deepEqual([...(await toldAt(two, node, 201))], ['granted:new']);
  });

  await context.test('where all lost it, all deny until an operator vouches for one', async () => {
    const { one, two, node } = await start();
    const lost = [await idOf(one), await idOf(two)];
    await Promise.all([loseMemory(one), loseMemory(two)]);
    await Promise.all([one.restart(), two.restart()]);
    for (const id of lost) await one.admin('DELETE', `/v1/services/${id}`, reason);
    for (const service of [one, two]) {
      await untilItKnows(service);
      assert.deepEqual([...(await toldAt(service, node, 101))], ['denied:no-memory']);
    }
    await one.admin('POST', `/v1/services/${await idOf(one)}/approve`, reason);
    await untilReady(one);
    await untilReady(two);
    for (const [index, service] of [one, two].entries())
      assert.deepEqual([...(await toldAt(service, node, 201 + ASKED * index))], ['granted:new']);
  });
});
