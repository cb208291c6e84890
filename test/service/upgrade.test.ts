import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { systemClock } from '@watchbill/base';
import { openSqliteStore } from '@watchbill/store';
import { ROOT } from '../docs/page-run.ts';
import { sqliteVersion, stamp } from '../docs/stamp.ts';
import { machine } from '../support/disasters/world.ts';
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

const PAGE = 'docs/how-to/upgrade.md';

/**
 * The texts of the page, without their indentation: what the check of a file prints, a line of the log, two
 * refusals.
 */
function textsOfPage(): readonly string[] {
  const page = readFileSync(join(ROOT, PAGE), 'utf8');
  return [...page.matchAll(/^( *)```text\n([\s\S]*?)^\1```$/gm)].map(([, indent = '', text = '']) =>
    text.replaceAll(new RegExp(`^${indent}`, 'gm'), '').trim(),
  );
}

test('the page about upgrades shows the texts of both releases', { timeout: 60_000 }, async () => {
  const [check = '', raised = '', folder = '', ledger = ''] = textsOfPage();
  const { shell } = await machine('upgrade-page', {});
  const printed = await shell(`watchbill init --dir box1 > made.txt
    sed -i 's/# ttlMs: 10000/ttlMs: 60000/' box1/watchbill.yaml
    cd box1 && watchbill config check 2>&1 || [ $? = 2 ]`);
  const withoutPlace = (text: string): string => text.replace(/yaml:\d+:\d+/, 'yaml').trim();
  assert.equal(withoutPlace(printed), withoutPlace(check));
  // The tests above start the last release, and expect both refusals.
  assert.match(raised, /event=format-raised {2}format=2/);
  assert.match(folder, /cannot be opened .*it has version 2, this release reads version 1/);
  assert.match(ledger, /the epoch record cannot be read: it has version 2, this release reads version 1/);
  stamp(PAGE, sqliteVersion());
});
