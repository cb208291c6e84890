import { GOOD_NETWORK, NO_FAULTS } from '@watchbill/testkit/sim';
import type { World } from './world.ts';

const SLOW_SYNC_MS = 250;
const FAST_SYNC_MS = 3;

export function beRough(world: World): void {
  world.mood.calm = false;
  if (world.plan.features.has('slow-disks')) world.mood.syncMs[1] = SLOW_SYNC_MS;
  world.network.setFaults(world.plan.network);
  for (const { line } of world.services) line.setFaults(world.plan.store);
}

/** Every fault ends. What runs goes on, what is down starts elsewhere. */
export function beCalm(world: World): void {
  world.mood.calm = true;
  world.mood.onLostWord = null;
  world.mood.syncMs[1] = FAST_SYNC_MS;
  world.network.setFaults(GOOD_NETWORK);
  world.network.heal();
  for (const { line, disk, host } of world.services) {
    line.setFaults(NO_FAULTS);
    line.cut(null);
    line.refuse(null);
    disk.full = false;
    host.resume();
  }
  for (const node of world.nodes) {
    node.wanted = true;
    node.host.resume();
  }
  for (const observer of world.observers) observer.mood = 'right';
}
