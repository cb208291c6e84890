import { startNode } from '../nodes/node.ts';
import type { ProcessAct } from '../plan/plan.ts';
import { startLater } from '../services/service.ts';
import type { World } from '../world/world.ts';

/** Processes end or freeze, and come back. */
export function disturbProcess(world: World, act: ProcessAct): void {
  if (act.kind === 'crash-service' || act.kind === 'pause-service') {
    const service = world.services[act.service];
    if (service === undefined) return;
    if (act.kind === 'crash-service') {
      service.host.crash();
      startLater(world, service, act.lastsMs);
    } else pause(world, service.host, act.lastsMs);
    return;
  }
  const node = world.nodes[act.node];
  if (node === undefined) return;
  if (act.kind === 'pause-node') {
    pause(world, node.host, act.lastsMs);
    return;
  }
  node.host.crash();
  world.clock.after(act.lastsMs, () => {
    if (node.host.state() === 'down') startNode(world, node);
  });
}

function pause(world: World, host: World['prober'], lastsMs: number): void {
  host.pause();
  world.clock.after(lastsMs, () => host.resume());
}
