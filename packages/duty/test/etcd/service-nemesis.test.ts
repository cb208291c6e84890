import { after, describe, test } from 'node:test';
import { raceThrough, sharedStage } from '../support/etcd-race.ts';
import { sessionsSettled } from '../support/race-on-services.ts';
import { binariesOf } from './binaries.ts';
import { DISTURBANCES } from './disturbances.ts';

for (const binary of binariesOf('v3.6')) {
  describe(`etcd ${binary} disturbed while nodes claim through two services`, () => {
    const shared = sharedStage(binary, { count: 2 });
    after(() => shared.close());

    for (const [name, disturb] of Object.entries(DISTURBANCES))
      test(name, { timeout: 240_000 }, async (t) => {
        const stage = await shared.get();
        await raceThrough(t, stage, async ({ cluster, race }) => {
          await disturb(cluster, () => race.goesOn());
          await sessionsSettled(stage);
        });
      });
  });
}
