import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { raceThrough, sharedCluster } from '../support/etcd-race.ts';
import { BINARIES } from './binaries.ts';

const TWO = { count: 2 };
const options = { timeout: 120_000 };

for (const binary of BINARIES) {
  describe(`etcd ${binary} disturbed while nodes claim through two services`, () => {
    const shared = sharedCluster(binary);
    after(() => shared.close());

    test('three services, each with one member only, and claims through all of them', options, async (t) => {
      const cluster = await shared.get();
      const endpointsOf = (index: number) => cluster.endpoints.slice(index, index + 1);
      await raceThrough(t, cluster, { count: 3, endpointsOf }, async ({ race, services }) => {
        await race.goesOn(100);
        const asked = new Set(race.told().map(({ url }) => url));
        assert.ok(asked.size >= 2 && services.all.length === 3);
      });
    });

    test('the leader is killed and comes back', options, async (t) => {
      await raceThrough(t, await shared.get(), TWO, async ({ cluster, race }) => {
        const leader = await cluster.leader();
        await leader.kill();
        await race.goesOn();
        await leader.start();
      });
    });

    test('the leader is paused until another leads, and wakes up', options, async (t) => {
      await raceThrough(t, await shared.get(), TWO, async ({ cluster, race }) => {
        const old = await cluster.leader();
        old.pause();
        try {
          assert.notEqual((await cluster.leader()).name, old.name);
          await race.goesOn();
        } finally {
          old.resume();
        }
        await race.goesOn();
      });
    });

    test('a member is lost with its disk and joins anew', options, async (t) => {
      await raceThrough(t, await shared.get(), TWO, async ({ cluster, race }) => {
        const lost = cluster.members.find(({ name }) => name === 'm2');
        assert.ok(lost !== undefined);
        await cluster.rejoin(lost);
        await race.goesOn();
      });
    });

    test('all members are killed and come back', options, async (t) => {
      await raceThrough(t, await shared.get(), TWO, async ({ cluster, race }) => {
        await cluster.stopAll();
        await cluster.startAll();
        await race.goesOn();
      });
    });
  });
}
