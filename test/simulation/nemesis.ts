import type { MemorySnapshot } from '@watchbill/store';
import { loseEntries } from '@watchbill/testkit';
import { NODES, SERVICES, SESSION_TTL_MS, STORE_TIMEOUT_MS } from './names.ts';
import { startNode } from './node.ts';
import { startService } from './service.ts';
import type { SimNode, SimService, World } from './world.ts';

/** What the nemesis does until things are calm again; each act undoes itself later. */
export async function runNemesis(world: World): Promise<void> {
  const random = world.random.fork('nemesis');
  const { clock } = world;
  if (world.plan.rollback) void rollBack(world);
  while (!world.mood.calm) {
    await clock.sleep(random.int(1, 2 * world.plan.nemesisMs));
    if (world.mood.calm) return;
    const act = random.pick(ACTS);
    const lastsMs = random.chance(0.3) ? random.int(SESSION_TTL_MS, 3 * SESSION_TTL_MS) : random.int(20, 800);
    world.remark(`nemesis: ${act.name} for ${lastsMs} ms`);
    act(world, random.pick(world.services), random.pick(world.nodes), lastsMs, random.chance(0.5));
  }
}

type Act = (world: World, service: SimService, node: SimNode, lastsMs: number, coin: boolean) => void;

const crashService: Act = (world, service, _node, lastsMs) => {
  service.host.crash();
  world.clock.after(lastsMs, () => {
    if (service.host.state() === 'down') startService(world, service);
  });
};

const crashNode: Act = (world, _service, node, lastsMs) => {
  node.host.crash();
  world.clock.after(lastsMs, () => {
    if (node.host.state() === 'down') startNode(world, node);
  });
};

const pauseService: Act = (world, service, _node, lastsMs) => {
  service.host.pause();
  world.clock.after(lastsMs, () => service.host.resume());
};

const pauseNode: Act = (world, _service, node, lastsMs) => {
  node.host.pause();
  world.clock.after(lastsMs, () => node.host.resume());
};

const cutStore: Act = (world, { line }, _node, lastsMs, coin) => {
  line.cut(coin ? 'no-requests' : 'no-answers');
  world.clock.after(lastsMs, () => line.cut(null));
};

const cutNetwork: Act = (world, service, node, lastsMs, coin) => {
  if (coin) world.network.cut(service.name, node.name);
  else
    for (const [from, to] of [SERVICES, [node.name, service.name], NODES])
      world.network.cut(from ?? '', to ?? '');
  world.clock.after(lastsMs, () => world.network.heal());
};

const fillDisk: Act = (world, { disk }, _node, lastsMs) => {
  disk.full = true;
  world.clock.after(lastsMs, () => {
    disk.full = false;
  });
};

const stepClock: Act = (world, service, node, lastsMs, coin) => {
  const host = coin ? service.host : node.host;
  const ms = lastsMs % 2 === 0 ? lastsMs : -lastsMs;
  host.clock.step(ms);
  world.clock.after(2_000, () => host.clock.step(-ms));
};

const ACTS: readonly Act[] = [
  crashService,
  crashNode,
  pauseService,
  pauseNode,
  cutStore,
  cutNetwork,
  fillDisk,
  stepClock,
];

/**
 * The store is gone for longer than any session lives and comes back from an older copy, its leases with their full
 * time again. Nodes start anew meanwhile, and machines are replaced by others that were told nothing.
 */
async function rollBack(world: World): Promise<void> {
  const { clock, plan, store, services, nodes } = world;
  const random = world.random.fork('rollback');
  await clock.sleep(random.int(plan.roughMs / 4, plan.roughMs / 2));
  const copy = await copyBeforeGrant(world);
  world.remark('the store is gone');
  for (const { line } of services) line.cut('no-requests');
  await clock.sleep(SESSION_TTL_MS + STORE_TIMEOUT_MS);
  store.restore(copy);
  world.remark('the store is back from an older copy');
  if (plan.sabotage === 'forget') for (const { disk } of services) loseEntries(disk);
  for (const { line } of services) line.cut(null);
  for (const node of nodes) {
    node.told.clear();
    startNode(world, node);
  }
}

/** A copy of the store from a moment before the latest seal was granted. */
async function copyBeforeGrant({ clock, store, history }: World): Promise<MemorySnapshot> {
  const seals = () =>
    history
      .events()
      .filter(
        (event) => event.kind === 'reply' && event.reply.duty === 'babe' && event.reply.reason === 'new',
      ).length;
  const before = seals();
  let older = store.snapshot();
  let newer = older;
  for (let look = 0; look < 1_000 && seals() === before; look++) {
    older = newer;
    newer = store.snapshot();
    await clock.sleep(40);
  }
  return older;
}
