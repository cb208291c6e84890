import { loseEntries } from '@watchbill/duty/service/testing/fake-ledger';
import { startNode } from '../nodes/node.ts';
import type { Restore } from '../plan/plan.ts';
import { startLater } from '../services/service.ts';
import { type Backup, restoreDisk } from '../world/backups.ts';
import type { AnswerEvent } from '../world/history.ts';
import type { World } from '../world/world.ts';
import { expectLostWords } from './behind.ts';

const LOOK_MS = 50;
const PATIENCE_MS = 3_000;
const RESTART_MS = 100;

/**
 * Puts a part of the world back. It keeps to what the protocol assumes: clocks and observers go on, no
 * request that was sent before arrives after, and the backup is older than the last renewal of each service
 * that runs on.
 */
export async function restore(world: World, act: Restore, backup: Backup): Promise<void> {
  if (act.store && !(await isRenewed(world, backup))) {
    world.remark('a service has not renewed its session since the backup: no restore');
    return;
  }
  if (act.store) {
    for (const { line } of world.services) line.cut('no-requests');
    await world.clock.sleep(act.outageMs);
    if (world.mood.calm) return;
  }
  for (const index of [...act.disks, ...act.restarts]) world.services[index]?.host.crash();
  for (const index of act.disks) restoreDisk(world, index, backup);
  if (act.store) {
    world.store.restore(backup.store);
    world.truth.restore(backup.truth, world.clock.nowMs());
    if (world.plan.sabotage !== 'late-requests') world.lines.beginAgain();
    if (world.plan.sabotage === 'forget') for (const { disk } of world.services) loseEntries(disk);
    for (const { line } of world.services) line.cut(null);
  }
  note(world, act, backup);
  if (act.store) expectLostWords(world);
  for (const service of world.services) startLater(world, service, RESTART_MS);
  restoreNodes(world, act, backup);
}

/** Each service that runs has renewed its session since the backup. */
async function isRenewed(world: World, backup: Backup): Promise<boolean> {
  const endMs = world.clock.monotonicMs() + PATIENCE_MS;
  while (!world.mood.calm && world.clock.monotonicMs() < endMs) {
    const stale = world.services.filter(
      ({ host, disk }) =>
        host.state() !== 'down' && world.renewals.lastMs(`session/${disk.serviceId}`) <= backup.atMs,
    );
    if (stale.length === 0) return true;
    await world.clock.sleep(LOOK_MS);
  }
  return false;
}

function note(world: World, act: Restore, backup: Backup): void {
  const names = [
    ...(act.store ? ['the store'] : []),
    ...act.disks.map((index) => `the disk of ${world.services[index]?.name}`),
    ...act.nodes.map((index) => `the file of ${world.nodes[index]?.name}`),
  ];
  const agoMs = world.clock.monotonicMs() - backup.atMs;
  world.history.add({
    kind: 'restore',
    atMs: world.clock.nowMs(),
    store: act.store,
    text: `${names.join(', ') || 'no part'} back to ${agoMs} ms ago`,
  });
}

function restoreNodes(world: World, act: Restore, backup: Backup): void {
  const movedFrom = act.store ? formerOwners(world) : new Set<string>();
  for (const [index, node] of world.nodes.entries()) {
    const isRestored = act.nodes.includes(index);
    const forgets = act.forget.includes(index);
    if (isRestored) node.told = new Map(backup.nodes[index] ?? []);
    if (forgets) node.told = new Map();
    if (isRestored || forgets || movedFrom.has(node.name)) startNode(world, node);
  }
}

export function loseFile(world: World, index: number): void {
  const node = world.nodes[index];
  if (node === undefined) return;
  node.told = new Map();
  startNode(world, node);
}

/**
 * Nodes that entered a unit which another node entered later. The models leave one gap here: such a node
 * could vote in that unit after the restore unless it starts again, so the operator restarts it.
 */
function formerOwners(world: World): ReadonlySet<string> {
  const entered = new Map<string, AnswerEvent[]>();
  for (const event of world.history.events()) {
    if (event.kind !== 'reply' || event.reply.part !== 'enter' || event.reply.outcome !== 'granted') continue;
    const name = `${event.reply.key} ${event.reply.unit}`;
    entered.set(name, [...(entered.get(name) ?? []), event]);
  }
  const found = new Set<string>();
  for (const events of entered.values())
    for (const { node } of events) if (events.some((other) => other.node !== node)) found.add(node);
  return found;
}
