// The page on restored backups, followed on each kind of store.

import assert from 'node:assert/strict';
import { type FollowOptions, followPage } from '@watchbill/testkit/pages/follow';
import { until, type World } from '@watchbill/testkit/pages/world';

export const RESTORED_PAGE = 'docs/duty/how-to/recover/store-restored.md';
/** A claim may be this far ahead of the clock, so units granted before the restore are still due after it. */
export const SKEW_MS = 20_000;
export const AHEAD = 15;

/** For a world with one service: the commands of the page that name a second one. */
export const ONE_SERVICE: Pick<FollowOptions, 'table' | 'leftOut'> = {
  table: [
    [' watchbill@box2', '', 'one service'],
    [' --export box2.ledger', '', 'one service'],
    ['in box1 box2', 'in box1', 'one service'],
  ],
  leftOut: ['2. Export the other services'],
};

/** Grants that the backup has, the backup, and grants that it lacks. */
export async function grantsAroundBackup(
  world: World,
  boxes: readonly string[],
  backUp: () => Promise<void>,
) {
  for (const box of boxes) await world.grant(box);
  await backUp();
  for (const box of boxes) await world.ready(box);
  // The first one last, so the plan that it makes shows its own memory first.
  for (const box of boxes.toReversed()) await world.grant(box, AHEAD);
}

/** After the restore every service denies. After the page due units are granted, and none a second time. */
export async function recoverAll(world: World, boxes: readonly string[], options: FollowOptions) {
  for (const box of boxes)
    await until(`${box} denies`, async () => {
      const answer = await world.claim(box);
      assert.equal(answer, 'denied:store-behind');
      return true;
    });
  await followPage(world, RESTORED_PAGE, options);
  await world.neverTwice();
  for (const box of boxes) await world.grant(box);
  await world.neverTwice();
}
