import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { FAILPOINTS } from '@watchbill/duty/service';
import { raceThrough, sharedStage } from '../support/etcd-race.ts';

const options = { timeout: 240_000 };
/**
 * Late enough that the service was seen to listen before it is gone: some places are passed while it only
 * starts.
 */
const VISITS = { 'claim-received': 40, 'before-reply': 40 } as const;
const VISIT = 8;
const visitOf = (failpoint: string): number =>
  Object.hasOwn(VISITS, failpoint) ? VISITS[failpoint as keyof typeof VISITS] : VISIT;

describe('two services over one etcd, killed by kill -9 while nodes claim and retry at either', () => {
  const shared = sharedStage('v3.6', { count: 2 });
  after(() => shared.close());

  for (const failpoint of FAILPOINTS) {
    test(`one is killed anywhere, then at ${failpoint}, and started again each time`, options, async (t) => {
      await raceThrough(t, await shared.get(), async ({ services, race }) => {
        const victim = services.at(0);
        await victim.kill('SIGKILL');
        await race.goesOn(5);
        await victim.restart({ WATCHBILL_FAILPOINT: `${failpoint}:${visitOf(failpoint)}` });
        await victim.gone();
        assert.equal(victim.exitCode(), null, 'a signal ended it');
        await race.goesOn(5);
        await victim.restart();
      });
    });
  }

  test('both are killed at once and started again', options, async (t) => {
    await raceThrough(t, await shared.get(), async ({ services, race }) => {
      await Promise.all(services.all.map((service) => service.kill('SIGKILL')));
      await Promise.all(services.all.map((service) => service.restart()));
      await race.goesOn();
    });
  });

  test(
    'one is killed and started again while the other is down: it waits for the other',
    options,
    async (t) => {
      await raceThrough(t, await shared.get(), async ({ services, race }) => {
        await Promise.all(services.all.map((service) => service.kill('SIGKILL')));
        await services.at(0).restart();
        const from = race.told().length;
        while (
          race
            .told()
            .slice(from)
            .every(({ status }) => status === 0)
        )
          await race.answers(1);
        await race.answers();
        const granted = race
          .told()
          .slice(from)
          .filter(({ outcome }) => outcome === 'granted');
        assert.deepEqual(granted, [], 'granted without the memory of the other service');
        await services.at(1).restart();
        await race.goesOn();
      });
    },
  );
});
