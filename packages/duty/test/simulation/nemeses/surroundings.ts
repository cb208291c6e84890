import type { SurroundingsAct } from '../plan/plan.ts';
import type { World } from '../world/world.ts';

/** What is around the processes fails, and recovers: store, network, disk, clock, observer. */
export function disturbSurroundings(world: World, act: SurroundingsAct): void {
  const later = (undo: () => void): void => void world.clock.after(act.lastsMs, undo);
  switch (act.kind) {
    case 'cut-store': {
      const line = world.services[act.service]?.line;
      line?.cut(act.way);
      later(() => line?.cut(null));
      break;
    }
    case 'cut-network':
      world.network.cut(act.from, act.to);
      later(() => world.network.heal());
      break;
    case 'fill-disk': {
      const service = world.services[act.service];
      if (service === undefined) return;
      const { disk } = service;
      disk.full = true;
      later(() => {
        disk.full = false;
      });
      break;
    }
    case 'refuse-records':
      for (const { line } of world.services) line.refuse(act.prefix);
      later(() => {
        for (const { line } of world.services) line.refuse(null);
      });
      break;
    case 'step-clock': {
      stepClock(world, act.service, act.byMs);
      later(() => stepClock(world, act.service, -act.byMs));
      break;
    }
    case 'observer': {
      const observer = world.observers.at(-1);
      if (observer === undefined) return;
      observer.mood = act.how;
      later(() => {
        observer.mood = 'right';
      });
    }
  }
}

function stepClock(world: World, index: number, byMs: number): void {
  const service = world.services[index];
  if (service === undefined) return;
  service.host.clock.step(byMs);
  world.history.add({ kind: 'clock', atMs: world.clock.nowMs(), service: service.disk.serviceId, byMs });
}
