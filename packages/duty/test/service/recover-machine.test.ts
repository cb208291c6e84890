import assert from 'node:assert/strict';
import { cpSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { followPage } from '@watchbill/testkit/pages/follow';
import { sqliteVersion, stamp } from '@watchbill/testkit/pages/stamp';
import { startWorld, type World } from '@watchbill/testkit/pages/world';
import { grantsAroundBackup, SKEW_MS } from '../support/disasters/store-restored.ts';

const PAGE = 'docs/duty/how-to/recover/machine-restored.md';
const BOXES = ['box1'];

/** Store and memory are of one moment. The service trusts returns, so only floors deny the lost units. */
async function rolledBack(): Promise<World> {
  const world = await startWorld('machine', { boxes: BOXES, skewMs: SKEW_MS, returns: 'trust' });
  const box = join(world.folder, 'box1');
  await grantsAroundBackup(world, BOXES, async () => {
    await world.shell('systemctl stop watchbill@box1');
    cpSync(box, `${box}.image`, { recursive: true });
    await world.shell('systemctl start watchbill@box1');
  });
  await world.shell('systemctl stop watchbill@box1');
  rmSync(box, { recursive: true });
  renameSync(`${box}.image`, box);
  await world.shell('systemctl start watchbill@box1');
  await world.ready('box1');
  return world;
}

test(`the commands of ${PAGE} after a machine was rolled back`, { timeout: 240_000 }, async () => {
  const world = await rolledBack();
  await followPage(world, PAGE, { table: [] });
  await world.neverTwice();
  await world.grant('box1');
  await world.neverTwice();
  stamp(PAGE, sqliteVersion());
});

test('control: without the page, a unit that the image lacks is granted twice', async () => {
  const world = await rolledBack();
  await assert.rejects(world.neverTwice(), /granted unit \d+ twice/);
});
