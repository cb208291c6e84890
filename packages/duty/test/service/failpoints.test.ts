import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { FAILPOINTS } from '@watchbill/duty/service';
import { freePort, startServiceProcess, temporaryFolder, untilReady } from '@watchbill/testkit';
import { leaveNothing } from '@watchbill/testkit/leave-nothing';
import { unitsWithoutWinner } from '../support/long-race.ts';
import { raceOnServices } from '../support/race-on-services.ts';

leaveNothing('failpoints');

const KILLS = 2;
const VISIT = 5;

/** A store in the file of the ledger has the entry in its commit, so nothing lies before an append. */
const PLACES = FAILPOINTS.flatMap((failpoint) => [
  { failpoint, store: 'apart' },
  ...(failpoint === 'before-append' ? [] : [{ failpoint, store: 'one file' }]),
]);

describe('embedded store', { concurrency: 3 }, () => {
  for (const { failpoint, store } of PLACES)
    test(`${store}: killed at ${failpoint}, claims retried: at most one payload a unit, at most one unit burnt a kill`, async (context) => {
      const { dir, remove } = await temporaryFolder('kill');
      const path = store === 'apart' && { path: `${dir}/data/store.sqlite` };
      const service = await startServiceProcess({
        dir,
        port: await freePort(),
        store: { kind: 'sqlite', ...path },
      });
      context.after(() => service.kill());
      context.after(remove);
      await untilReady(service);
      const services = { all: [service], ready: () => untilReady(service) };
      const told = await raceOnServices(context, services, async () => {
        await service.kill('SIGTERM');
        for (let kill = 0; kill < KILLS; kill += 1) {
          await service.restart({ WATCHBILL_FAILPOINT: `${failpoint}:${VISIT}` });
          await service.gone();
          assert.equal(service.exitCode(), null, 'a signal ended it');
        }
        await service.restart();
      });
      const burnt = unitsWithoutWinner(told);
      assert.ok(burnt.length <= KILLS, `burnt: ${burnt}`);
    });
});
