import { join } from 'node:path';
import { test } from 'node:test';
import { systemClock } from '@watchbill/base';
import { openSqliteStore } from '@watchbill/store';
import { skippedWithoutHistory } from '../support/last-release.ts';
import { leaveNothing } from '../support/leave-nothing.ts';
import { killedInTheRaise, rollingUpgrade } from '../support/rolling-upgrade.ts';
import type { UpgradeGround } from '../support/upgrade-stage.ts';

leaveNothing('upgrade');

const options = { timeout: 180_000, skip: skippedWithoutHistory() };

/** The store lies outside of the data folder, so that a service can be started with an empty one. */
const ground: UpgradeGround = {
  count: 1,
  storeOf: (dir) => ({ kind: 'sqlite', path: join(dir, 'store.sqlite') }),
  open: (dir) => openSqliteStore({ path: join(dir, 'store.sqlite'), clock: systemClock() }),
};

test(
  'embedded store: the service of the last release is stopped, and this one starts on its files',
  options,
  (context) => rollingUpgrade(context, ground),
);

test('embedded store: the service is killed while the ledger is raised', options, (context) =>
  killedInTheRaise(context, ground),
);
