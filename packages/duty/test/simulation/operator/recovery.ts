import type { Permit } from '@watchbill/duty/service';
import { startNode } from '../nodes/node.ts';
import { startService } from '../services/service.ts';
import type { World } from '../world/world.ts';
import { adoptStopped, documentOf, emptyDisk, stopNodes } from './acts.ts';
import { applyPolicy, command, servingOnes } from './commands.ts';
import { firstDocument } from './documents.ts';
import { liftFreezes } from './freezes.ts';
import { recoverStopped } from './guided.ts';

const ROUND_MS = 500;
/** Services that agree with the store serve within this time, without an operator. */
const PATIENT_ROUNDS = 6;
const MOST_ROUNDS = 50;

/**
 * Brings every service back to granting, as an operator would after the last fault: waits, empties the disks
 * of services that stay behind, removes services that are gone, approves those that wait, and adopts keys
 * that a report holds. Answers what is still wrong at the end, or null.
 */
export async function recover(world: World): Promise<string | null> {
  if (world.plan.isGuided) {
    const wrong = (await recoverStopped(world)) ?? (await startAgain(world));
    if (wrong !== null) return wrong;
  }
  startWhatIsDown(world);
  const debts: Debts = { adopt: world.plan.steps.some(({ act }) => act.kind === 'release-report') };
  let wrong: string | null = null;
  for (let round = 0; round < MOST_ROUNDS; round++) {
    await world.clock.sleep(ROUND_MS);
    startWhatIsDown(world);
    wrong = await firstWrong(world);
    if (wrong === null && !debts.adopt) break;
    if (round >= PATIENT_ROUNDS && round % 2 === 0) await helpOut(world, debts);
  }
  if (debts.adopt) return wrong ?? 'the keys were not adopted after a release or an approval';
  if (wrong === null) await resetPolicies(world);
  if (wrong === null) await liftFreezes(world);
  return wrong;
}

/** After `watchbill recover`, every service serves without any other help. */
async function startAgain(world: World): Promise<string | null> {
  for (const node of world.nodes) node.wanted = true;
  let wrong: string | null = null;
  for (let round = 0; round < MOST_ROUNDS; round++) {
    startWhatIsDown(world);
    await world.clock.sleep(ROUND_MS);
    wrong = await firstWrong(world);
    if (wrong === null) return null;
  }
  return `after the recovery ${wrong}`;
}

function startWhatIsDown(world: World): void {
  for (const service of world.services) if (service.host.state() === 'down') startService(world, service);
  for (const node of world.nodes) if (node.host.state() === 'down') startNode(world, node);
}

async function firstWrong(world: World): Promise<string | null> {
  for (const { name, permit } of world.services) {
    if (permit === null) return `${name} does not start`;
    const { ready, state, detail } = await permit.health();
    if (!ready) return `${name} is ${state}: ${detail}`;
  }
  return null;
}

/** What the operator still owes the ledger. */
interface Debts {
  /**
   * A report was released though its node was right: claims that carry its word stay denied. Or a service
   * was approved without memory, and the nodes stay stopped. Both end once every key is adopted.
   */
  adopt: boolean;
}

async function helpOut(world: World, debts: Debts): Promise<void> {
  if (await adoptWhatIsHeld(world, debts)) return;
  await emptyThoseBehind(world);
  const serving = await servingOnes(world);
  const permit = (serving[0] ?? world.services.find((service) => service.permit !== null))?.permit ?? null;
  if (permit !== null) await tidyServices(world, permit, debts);
}

/**
 * A service that a rollback report holds grants again once every key is adopted. True if one took the
 * adoptions.
 */
async function adoptWhatIsHeld(world: World, debts: Debts): Promise<boolean> {
  for (const { permit } of world.services) {
    if (permit === null) continue;
    const { ready, state } = await permit.health();
    const mayTake = state === 'behind' || (debts.adopt && state === 'serving');
    if (!mayTake || (ready && !debts.adopt)) continue;
    let done = true;
    for (const key of world.keys) done = done && (await adoptStopped(world, permit, key));
    if (!done) continue;
    debts.adopt = false;
    return true;
  }
  return false;
}

/**
 * Services that refused to adopt: their own memory contradicts the store, so they never serve with these
 * disks.
 */
async function emptyThoseBehind(world: World): Promise<void> {
  for (const [index, service] of world.services.entries()) {
    if (service.permit === null) continue;
    const { state } = await service.permit.health();
    const id = service.disk.serviceId;
    const listed = await servicesOf(service.permit);
    const isRemoved = listed.some((one) => one.id === id && one.state === 'removed');
    if (state !== 'behind' && !isRemoved) continue;
    world.remark(
      `the operator empties the disk of ${service.name}, which is ${isRemoved ? 'removed' : state}`,
    );
    service.host.crash();
    emptyDisk(world, index);
    startService(world, service);
  }
}

async function servicesOf(permit: Permit): ReturnType<Permit['services']> {
  try {
    return await permit.services();
  } catch {
    return [];
  }
}

/**
 * Services whose disk is gone are removed; those that wait are approved while no other one can approve
 * them.
 */
async function tidyServices(world: World, permit: Permit, debts: Debts): Promise<void> {
  const present = new Set(world.services.map(({ disk }) => disk.serviceId));
  const listed = await servicesOf(permit);
  for (const { id, name, state, self } of listed) {
    if (state !== 'removed' && !present.has(id) && !self)
      await command(world, { act: 'remove', text: `removes the ${name} of before` }, () =>
        permit.removeService(id, 'its disk is gone', 'operator'),
      );
  }
  const serving = await servingOnes(world);
  const waiting = listed.find(({ id, state }) => state === 'joining' && present.has(id));
  if (serving.length > 0 || waiting === undefined) return;
  debts.adopt = true;
  stopNodes(world);
  await command(world, { act: 'vouch', text: `approves ${waiting.name}` }, () =>
    permit.approve(waiting.id, 'no service with memory is left', 'operator'),
  );
}

/** Both nodes are listed again, and only the observer that never lied counts. */
async function resetPolicies(world: World): Promise<void> {
  const [service] = await servingOnes(world);
  if (service?.permit == null) return;
  const { permit } = service;
  for (const policy of await permit.policies()) {
    const { roster, ceilings } = firstDocument(world, policy.key);
    const observers = ceilings.observers.slice(0, 1);
    const document = documentOf(policy);
    await applyPolicy(world, permit, { ...document, roster, ceilings: { ...document.ceilings, observers } });
  }
}
