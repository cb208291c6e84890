import { after, before, test } from 'node:test';
import { systemClock } from '@watchbill/base';
import { openTikvStore } from '@watchbill/store/tikv';
import { startTikvCluster, type TikvCluster } from '@watchbill/testkit/tikv';
import { skippedWithoutHistory } from '../support/last-release.ts';
import { leaveNothing } from '../support/leave-nothing.ts';
import { killedInTheRaise, rollingUpgrade } from '../support/rolling-upgrade.ts';
import type { UpgradeGround } from '../support/upgrade-stage.ts';

leaveNothing('upgrade');

const options = { timeout: 300_000, skip: skippedWithoutHistory() };

let cluster: TikvCluster;
before(async () => {
  cluster = await startTikvCluster();
});
after(() => cluster?.close());

/** Services on one cluster; each ledger has a prefix of its own. */
function groundOf(count: number, prefix: string): UpgradeGround {
  const { endpoints } = cluster;
  return {
    count,
    storeOf: () => ({ kind: 'tikv', endpoints, prefix }),
    open: () => openTikvStore({ endpoints, prefix, clock: systemClock() }),
  };
}

test('TiKV: three services of the last release are upgraded one by one', options, (context) =>
  rollingUpgrade(context, groundOf(3, '/rolling/')),
);

test('TiKV: services are killed while the ledger is raised', options, (context) =>
  killedInTheRaise(context, groundOf(2, '/killed/')),
);
