// The page on lost disks, followed on a store that several services share.

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type FollowOptions, followPage } from '@watchbill/testkit/pages/follow';
import { startWorld, until, type World, type WorldSetup } from '@watchbill/testkit/pages/world';
import { AHEAD, SKEW_MS } from './store-restored.ts';

export const LOST_DISK_PAGE = 'docs/duty/how-to/recover/lost-disk.md';
const BOXES = ['box1', 'box2', 'box3'];
/** Longer than a session lives after its service was killed. */
const SESSION_MS = 7_000;
const ID_ON_PAGE = '7f953b0678473144da578110090faa44';

interface Listed {
  readonly id: string;
  readonly self: boolean;
  readonly live: boolean;
}

async function servicesOf(world: World, box: string): Promise<readonly Listed[]> {
  const printed = await world.shell(`watchbill service list --json --config ${box}/watchbill.yaml`);
  return (JSON.parse(printed) as { readonly services: readonly Listed[] }).services;
}

/** One of three services is killed and its disk removed. */
export async function followOneLostDisk(store: NonNullable<WorldSetup['store']>): Promise<void> {
  const world = await startWorld('lost-disk', { boxes: BOXES, store });
  for (const box of BOXES) await world.grant(box);
  const lost = (await servicesOf(world, 'box2')).find(({ self }) => self)?.id ?? '';
  await world.shell('kill -9 $(cat .watchbill@box2.pid)');
  rmSync(join(world.folder, 'box2/data'), { recursive: true });
  await until('its session ends by itself', async () => {
    const listed = await servicesOf(world, 'box1');
    return listed.some(({ id, live }) => id === lost && !live);
  });
  await followPage(world, LOST_DISK_PAGE, {
    leftOut: ['Every disk'],
    table: [[ID_ON_PAGE, lost, 'the id of the lost service']],
  });
  await world.neverTwice();
  for (const box of BOXES) await world.grant(box);
  await world.neverTwice();
}

/** All three disks are removed. */
export async function followEveryLostDisk(
  store: NonNullable<WorldSetup['store']>,
  outputs?: FollowOptions['outputs'],
): Promise<void> {
  const world = await startWorld('lost-disks', { boxes: BOXES, store, skewMs: SKEW_MS });
  for (const box of BOXES) await world.grant(box);
  await world.grant('box1', AHEAD);
  for (const box of BOXES) await world.shell(`kill -9 $(cat .watchbill@${box}.pid); rm -r ${box}/data`);
  await sleep(SESSION_MS);
  await followPage(world, LOST_DISK_PAGE, {
    leftOut: ['Look first', 'One disk of several', 'Check after one disk'],
    table: [],
    ...(outputs === undefined ? {} : { outputs }),
  });
  await world.neverTwice();
  for (const box of BOXES) await world.grant(box);
  await world.neverTwice();
}
