import assert from 'node:assert/strict';
import test from 'node:test';
import { FAILPOINTS } from '@watchbill/duty/service';
import { temporaryFolder } from '@watchbill/testkit';
import { leaveNothing } from '@watchbill/testkit/leave-nothing';
import { killingRace } from '../support/killing-race.ts';

leaveNothing('failpoints');

/** A store in the file of the ledger has the entry in its commit, so nothing lies before an append. */
const KILLS = FAILPOINTS.flatMap((failpoint) => [
  { failpoint, store: 'apart' },
  ...(failpoint === 'before-append' ? [] : [{ failpoint, store: 'one file' }]),
]);

for (const { failpoint, store } of KILLS) {
  test(`embedded store, ${store}: killed at ${failpoint}, claims retried: at most one payload a unit, at most one unit burnt a kill`, async (context) => {
    const folder = await temporaryFolder('kill');
    const result = await killingRace(context, {
      dir: folder.dir,
      store: { kind: 'sqlite', ...(store === 'apart' && { path: `${folder.dir}/data/store.sqlite` }) },
      failpoint,
      kills: 2,
      units: 24,
      // After the service, which it holds.
    }).finally(() => context.after(folder.remove));
    assert.deepEqual(result.conflicts, []);
    assert.equal(result.kills, 2);
    assert.ok(result.ungranted.length <= result.kills, `burnt: ${result.ungranted}`);
  });
}
