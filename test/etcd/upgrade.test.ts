import { test } from 'node:test';
import { systemClock } from '@watchbill/base';
import { openEtcdStore } from '@watchbill/store/etcd';
import { startEtcdCluster } from '@watchbill/testkit';
import { skippedWithoutHistory } from '../support/last-release.ts';
import { leaveNothing } from '../support/leave-nothing.ts';
import { killedInTheRaise, rollingUpgrade } from '../support/rolling-upgrade.ts';
import type { UpgradeGround } from '../support/upgrade-stage.ts';

leaveNothing('upgrade');

const options = { timeout: 240_000, skip: skippedWithoutHistory() };

/** Services on one cluster; each ledger has a prefix of its own. */
function groundOf(endpoints: readonly string[], count: number, prefix: string): UpgradeGround {
  return {
    count,
    storeOf: () => ({ kind: 'etcd', endpoints, prefix }),
    open: () => openEtcdStore({ endpoints, prefix, clock: systemClock() }),
  };
}

test('etcd: three services of the last release are upgraded one by one', options, async (context) => {
  const cluster = await startEtcdCluster({ binary: 'debian' });
  context.after(() => cluster.close());
  await rollingUpgrade(context, groundOf(cluster.endpoints, 3, '/rolling/'));
});

test('etcd: services are killed while the ledger is raised', options, async (context) => {
  const cluster = await startEtcdCluster({ binary: 'v3.6' });
  context.after(() => cluster.close());
  await killedInTheRaise(context, groundOf(cluster.endpoints, 2, '/killed/'));
});
