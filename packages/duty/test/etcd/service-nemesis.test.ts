import assert from 'node:assert/strict';
import { after, describe, type TestContext, test } from 'node:test';
import { type RaceStage, raceThrough, type SharedStage, sharedStage } from '../support/etcd-race.ts';
import { sessionsSettled } from '../support/race-on-services.ts';
import { binariesOf } from './binaries.ts';

const options = { timeout: 240_000 };

async function disturbed(t: TestContext, shared: SharedStage, disturb: (stage: RaceStage) => Promise<void>) {
  const stage = await shared.get();
  await raceThrough(t, stage, async (race) => {
    await disturb(race);
    await sessionsSettled(stage);
  });
}

for (const binary of binariesOf('v3.6')) {
  describe(`etcd ${binary} disturbed while nodes claim through two services`, () => {
    const shared = sharedStage(binary, { count: 2 });
    after(() => shared.close());

    test('the leader is killed and comes back', options, async (t) => {
      await disturbed(t, shared, async ({ cluster, race }) => {
        const leader = await cluster.leader();
        await leader.kill();
        await race.goesOn();
        await leader.start();
      });
    });

    test('the leader is paused until another leads, and wakes up', options, async (t) => {
      await disturbed(t, shared, async ({ cluster, race }) => {
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
      await disturbed(t, shared, async ({ cluster, race }) => {
        const lost = cluster.members.find(({ name }) => name === 'm2');
        assert.ok(lost !== undefined);
        await cluster.rejoin(lost);
        await race.goesOn();
      });
    });

    test('all members are killed and come back', options, async (t) => {
      await disturbed(t, shared, async ({ cluster, race }) => {
        await cluster.stopAll();
        await cluster.startAll();
        await race.goesOn();
      });
    });
  });
}
