import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { copySqlite, putBackSqlite } from '@watchbill/testkit';
import { sqliteVersion, stamp } from '@watchbill/testkit/pages/stamp';
import { startWorld, type World } from '@watchbill/testkit/pages/world';
import {
  grantsAroundBackup,
  ONE_SERVICE,
  RESTORED_PAGE,
  recoverAll,
  SKEW_MS,
} from '../support/disasters/store-restored.ts';

const BOXES = ['box1'];
/** A store in the file of the ledger cannot be put back alone. */
const APART = { kind: 'sqlite', path: 'data/store.sqlite' };

/** A service that trusts returns, so nothing but the floors stands between the backup and a second grant. */
async function restored(): Promise<World> {
  const world = await startWorld('restored', {
    boxes: BOXES,
    skewMs: SKEW_MS,
    returns: 'trust',
    store: APART,
  });
  const path = join(world.folder, 'box1/data/store.sqlite');
  const backup = copySqlite(path, join(world.folder, 'backup'));
  await grantsAroundBackup(world, BOXES, async () => {
    await world.shell('systemctl stop watchbill@box1');
    copySqlite(path, join(world.folder, 'backup'));
    await world.shell('systemctl start watchbill@box1');
  });
  await world.shell('systemctl stop watchbill@box1');
  putBackSqlite(backup, 'all');
  return world;
}

test(`the commands of ${RESTORED_PAGE} after a restored SQLite file`, { timeout: 240_000 }, async () => {
  const world = await restored();
  await world.shell('systemctl start watchbill@box1');
  await recoverAll(world, BOXES, { ...ONE_SERVICE, outputs: 'any' });
  stamp(RESTORED_PAGE, sqliteVersion());
});

test('control: without the page, a removed memory and an approval, a unit is granted twice', async () => {
  const world = await restored();
  await world.shell('rm box1/data/ledger.db*; touch box1/data/new-ledger; systemctl start watchbill@box1');
  await world.shell(
    'until watchbill service list --config box1/watchbill.yaml > /dev/null 2>&1; do sleep 0.5; done',
  );
  const { services } = JSON.parse(
    await world.shell('watchbill service list --json --config box1/watchbill.yaml'),
  ) as {
    readonly services: readonly { readonly id: string; readonly self: boolean }[];
  };
  for (const { id, self } of services)
    await world.shell(
      `watchbill service ${self ? 'approve' : 'remove'} ${id} --reason test --config box1/watchbill.yaml`,
    );
  await world.ready('box1');
  await assert.rejects(world.neverTwice(), /granted unit \d+ twice/);
});
