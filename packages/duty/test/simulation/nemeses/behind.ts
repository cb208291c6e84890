import { SESSION_TTL_MS } from '../names.ts';
import { startNode } from '../nodes/node.ts';
import { startLater } from '../services/service.ts';
import type { SimService, World } from '../world/world.ts';

const RESTART_MS = 100;

/**
 * After a restore: the store refuses records of reports for a while, and the first service that answers a word
 * with `store-behind` dies at that moment. The node that said the word loses its file. From then on only the
 * disk of that service has the word.
 */
export function expectLostWords(world: World): void {
  if (!world.plan.features.has('crashes-when-behind')) return;
  world.mood.onLostWord = (service, node) => crashWithTheWord(world, service, node);
  for (const { line } of world.services) line.refuse('doubt/');
  world.clock.after(4 * SESSION_TTL_MS, () => {
    world.mood.onLostWord = null;
    for (const { line } of world.services) line.refuse(null);
  });
}

function crashWithTheWord(world: World, service: SimService, nodeName: string): void {
  world.mood.onLostWord = null;
  world.remark(`step: ${service.name} crashes with a word on its disk, and ${nodeName} loses its file`);
  service.host.crash();
  startLater(world, service, RESTART_MS);
  const node = world.nodes.find(({ name }) => name === nodeName);
  if (node === undefined) return;
  node.told = new Map();
  startNode(world, node);
}
