import type { Policy } from '@watchbill/duty/rule';
import type { Permit, PolicyDocument } from '@watchbill/duty/service';
import { createSimDisk, type SeededRandom } from '@watchbill/testkit/sim';
import { startNode } from '../nodes/node.ts';
import type { AdoptAct, PolicyAct } from '../plan/plan.ts';
import { startLater } from '../services/service.ts';
import type { World } from '../world/world.ts';
import { adopt, applyPolicy, command, releaseReports, runningOnes, servingOnes } from './commands.ts';
import { windows } from './documents.ts';
import { lowFloors, NEVER_SIGNED, pastFloors, rightFloors } from './truth.ts';

const BACK_MS = 2_500;

export async function changePolicy(world: World, act: PolicyAct, random: SeededRandom): Promise<void> {
  const [service] = await servingOnes(world);
  const key = world.keys[act.key];
  if (service?.permit == null || key === undefined) return;
  const { permit } = service;
  const policy = (await permit.policies()).find((one) => one.key === key);
  if (policy === undefined) return;
  const document = documentOf(policy);
  if (act.change === 'scope')
    await applyPolicy(world, permit, {
      ...document,
      originalWire: { ...document.originalWire, roundScope: 'node-set' },
    });
  if (act.change === 'delay')
    await applyPolicy(world, permit, { ...document, standbyDelayMs: random.int(0, 200) });
  if (act.change === 'window') await applyPolicy(world, permit, withWindow(document, random.pick(windows())));
  if (act.change === 'drop-node' && document.roster.length > 1) {
    const gone = random.pick(document.roster);
    const roster = document.roster.filter((node) => node !== gone);
    if (await applyPolicy(world, permit, { ...document, roster }))
      world.clock.after(BACK_MS, () => void restoreRoster(world, key, document.roster));
  }
}

async function restoreRoster(world: World, key: string, roster: PolicyDocument['roster']): Promise<void> {
  const [service] = await servingOnes(world);
  const policy = (await service?.permit?.policies())?.find((one) => one.key === key);
  if (service?.permit == null || policy === undefined) return;
  await applyPolicy(world, service.permit, { ...documentOf(policy), roster });
}

export function documentOf(policy: Policy): PolicyDocument {
  const { versionId: _id, version: _version, mode: _mode, ...document } = policy;
  return document;
}

function withWindow(document: PolicyDocument, window: number): PolicyDocument {
  const { grandpa } = document.duties;
  if (grandpa === undefined) return document;
  return { ...document, duties: { ...document.duties, grandpa: { ...grandpa, window } } };
}

/**
 * With right floors the operator stops every node first and starts them afterwards. Floors that are too low
 * are tried only while a report is held: then the service must refuse them. Without one they would be the
 * operator's own fault. `never` and `below` are harmless while the store holds every mark: an adoption
 * forgets no grant.
 */
export async function adoptAgain(world: World, act: AdoptAct): Promise<void> {
  const key = world.keys[act.key];
  const serving = await servingOnes(world);
  if (key === undefined) return;
  if (act.floors === 'too-low') {
    for (const service of runningOnes(world)) {
      const { permit } = service;
      const reports = permit === null ? [] : await permit.rollbackReports();
      const held = reports.find(({ state, point }) => state === 'held' && (point?.top ?? null) !== null);
      if (permit === null || held === undefined) continue;
      await adopt(world, permit, held.key, lowFloors(world, held));
      return;
    }
    return;
  }
  const permit = serving[0]?.permit ?? null;
  if (permit === null) return;
  if (act.floors === 'right') await adoptStopped(world, permit, key);
  else await adopt(world, permit, key, act.floors === 'never' ? NEVER_SIGNED : pastFloors(world));
}

const STOPPED_MS = 100;

export async function adoptStopped(world: World, permit: Permit, key: string): Promise<boolean> {
  stopNodes(world);
  await world.clock.sleep(STOPPED_MS);
  const done = await adopt(world, permit, key, rightFloors(world, key));
  for (const node of world.nodes) {
    node.wanted = true;
    startNode(world, node);
  }
  return done;
}

export function stopNodes(world: World): void {
  for (const node of world.nodes) {
    node.wanted = false;
    node.host.crash();
  }
}

/** The operator replaces a service: removed from the ledger, and started again with an empty disk. */
export async function replaceService(world: World, index: number): Promise<void> {
  const service = world.services[index];
  const id = service?.disk.serviceId ?? null;
  const others = (await servingOnes(world)).filter((one) => one !== service);
  const permit = others[0]?.permit ?? null;
  if (service === undefined || id === null || permit === null) return;
  service.host.crash();
  service.permit = null;
  const done = await command(
    world,
    { act: 'remove', text: `removes ${service.name} and empties its disk` },
    () => permit.removeService(id, 'replaced', 'operator'),
  );
  if (done) emptyDisk(world, index);
  startLater(world, service, STOPPED_MS);
}

export function emptyDisk(world: World, index: number): void {
  const service = world.services[index];
  if (service === undefined) return;
  for (const [mark, entries] of service.disk.entries) {
    const kept = world.evidence.get(mark) ?? [];
    world.evidence.set(mark, kept);
    kept.push(...entries.values());
  }
  service.disk = createSimDisk();
}

export async function releaseAll(world: World): Promise<void> {
  for (const service of runningOnes(world))
    if (service.permit !== null && !(await service.permit.health()).ready)
      await releaseReports(world, service);
}
