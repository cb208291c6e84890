import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { type EtcdBinary, type EtcdCluster, startEtcdCluster } from '@watchbill/testkit';
import { type ClaimingClient, claimOnce } from '@watchbill/testkit/service/race';
import { copyData, putBack } from '../support/etcd-copy.ts';
import { type EtcdServices, nodesOfNewKey, startEtcdServices } from '../support/etcd-services.ts';
import { type LongRace, startLongRace, type Told, twiceGranted } from '../support/long-race.ts';
import { untilBehind } from '../support/until-behind.ts';

const options = { timeout: 240_000 };

interface Past {
  readonly cluster: EtcdCluster;
  readonly services: EtcdServices;
  readonly race: LongRace;
  readonly nodes: readonly ClaimingClient[];
  /** A key that was not claimed since the copy: nothing of its own mark is lost. */
  readonly untouched: ClaimingClient;
}

/** Grants before a copy of the members' data, grants after it, and the race under way. */
async function grantsAfterCopy(context: TestContext, binary: EtcdBinary): Promise<Past> {
  const cluster = await startEtcdCluster({ binary });
  context.after(() => cluster.close());
  const services = await startEtcdServices(context, { cluster, count: 2 });
  const nodes = (await nodesOfNewKey(services.all, 1)).map((node) => ({ ...node, timeoutMs: 1_000 }));
  const [untouched] = await nodesOfNewKey(services.all, 2);
  assert.ok(untouched !== undefined);
  const race = startLongRace(nodes);
  context.after(async () => void (await race.stop()));
  await race.goesOn();
  await copyData(cluster);
  await services.ready();
  await race.goesOn();
  return { cluster, services, race, nodes, untouched };
}

/**
 * Every unit that was ever told granted, asked for again by the other node at every service: never granted.
 */
async function askForWonUnits({ services, nodes, untouched }: Past, told: readonly Told[]): Promise<void> {
  const won = told.filter(({ outcome }) => outcome === 'granted').slice(-30);
  const answers = new Set<string>();
  for (const service of services.all) {
    for (const { unit, payload } of won) {
      const other = nodes.find((node) => node.payload !== payload);
      assert.ok(other !== undefined);
      const { outcome, reason } = await claimOnce(service.url, other, unit);
      answers.add(`${outcome}:${reason}`);
    }
    const { outcome, reason } = await claimOnce(service.url, untouched, 1);
    answers.add(`${outcome}:${reason}`);
  }
  const wrong = [...answers].filter((one) => !['denied:store-behind', 'denied:session-lost'].includes(one));
  assert.deepEqual(wrong, [], 'other answers of a store that went back');
}

test(
  'etcd debian set back to an older copy under running services: nothing is granted any more, and all say so',
  options,
  async (context) => {
    const past = await grantsAfterCopy(context, 'debian');
    const { cluster, services, race } = past;
    await putBack(cluster);
    const from = race.told().length;
    for (const service of services.all) await untilBehind(service);
    await race.answers();
    const told = await race.stop();
    assert.deepEqual(
      told.slice(from).filter(({ outcome }) => outcome === 'granted'),
      [],
      'granted from the past',
    );
    assert.deepEqual(twiceGranted(told), []);
    await askForWonUnits(past, told);
    for (const service of services.all)
      assert.match(await service.log(), /"level":50[^\n]*(store-went-back|"state":"behind")/);
    // A start over the same memory changes nothing.
    await Promise.all(services.all.map((service) => service.kill('SIGKILL')));
    await Promise.all(services.all.map((service) => service.restart()));
    for (const service of services.all) await untilBehind(service);
    await askForWonUnits(past, told);
  },
);

test(
  'etcd v3.6 set back to an older copy while the services are down: they find it by their memory',
  options,
  async (context) => {
    const past = await grantsAfterCopy(context, 'v3.6');
    const { cluster, services, race } = past;
    await Promise.all(services.all.map((service) => service.kill('SIGKILL')));
    const told = await race.stop();
    await putBack(cluster);
    await Promise.all(services.all.map((service) => service.restart()));
    for (const service of services.all) await untilBehind(service);
    await askForWonUnits(past, told);
    for (const service of services.all) assert.match(await service.log(), /"level":50[^\n]*"state":"behind"/);
  },
);
