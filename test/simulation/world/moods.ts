import { GOOD_NETWORK, NO_FAULTS } from '@watchbill/testkit';
import type { World } from './world.ts';

export function beRough(world: World): void {
  world.mood.calm = false;
  world.network.setFaults(world.plan.network);
  for (const { line } of world.services) line.setFaults(world.plan.store);
}

/** Every fault ends. What runs goes on, what is down starts elsewhere. */
export function beCalm(world: World): void {
  world.mood.calm = true;
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
