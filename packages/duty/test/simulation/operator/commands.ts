import type { Permit, PolicyDocument } from '@watchbill/duty/service';
import { CHAIN } from '../names.ts';
import type { OperatorEvent } from '../world/history.ts';
import type { SimService, World } from '../world/world.ts';

type Note = Pick<OperatorEvent, 'act' | 'text'> &
  Partial<Pick<OperatorEvent, 'key' | 'floors' | 'roster' | 'released'>>;

/** A command that ended so may have been done. */
export const NO_ANSWER = 'the service did not answer';
const PATIENCE_MS = 2_000;

/** Runs one command of an operator and notes it, with its error. True if it was done. */
export async function command(world: World, note: Note, run: () => Promise<unknown>): Promise<boolean> {
  const startedMs = world.clock.nowMs();
  const add = (error: string | null): void =>
    world.history.add({
      kind: 'operator',
      atMs: world.clock.nowMs(),
      startedMs,
      key: null,
      floors: {},
      roster: null,
      released: null,
      ...note,
      error,
    });
  const late = world.clock.sleep(PATIENCE_MS).then(() => {
    throw new Error(NO_ANSWER);
  });
  late.catch(() => {});
  try {
    await Promise.race([run(), late]);
    add(null);
    return true;
  } catch (error) {
    add(error instanceof Error ? error.message : String(error));
    return false;
  }
}

export function applyPolicy(world: World, permit: Permit, document: PolicyDocument): Promise<boolean> {
  const roster = document.roster.map(({ name }) => name);
  const { key } = document;
  const text = `applies a policy: nodes ${roster.join(', ')}; grandpa window ${document.duties.grandpa?.window}; rounds ${document.originalWire.roundScope}`;
  return command(world, { act: 'policy', text, key, roster }, () => permit.applyPolicy(document, 'operator'));
}

export function adopt(
  world: World,
  permit: Permit,
  key: string,
  floors: Readonly<Record<string, string | null>>,
): Promise<boolean> {
  const confirmation = 'every signer of this key is stopped';
  const text = `adopts ${key.slice(0, 6)} with floors ${JSON.stringify(floors)}`;
  return command(world, { act: 'adopt', text, key, floors }, () =>
    permit.adopt({ chain: CHAIN, key, floors, confirmation }, 'operator'),
  );
}

/** Releases each open report. */
export async function releaseReports(world: World, service: SimService): Promise<void> {
  const { permit } = service;
  if (permit === null) return;
  const reason = 'the node is wrong';
  for (const report of await permit.rollbackReports()) {
    if (report.state !== 'held') continue;
    const text = `releases the report of ${report.node} about ${report.duty} (${report.point?.unit ?? '?'})`;
    await command(world, { act: 'release', text, released: report.point?.hash ?? null }, () =>
      permit.releaseRollbackReport(report.id, reason, 'operator'),
    );
  }
}

/** The services whose process runs, also those that a report holds. */
export function runningOnes(world: World): readonly SimService[] {
  return world.services.filter(({ permit, host }) => permit !== null && host.state() === 'up');
}

/** The services whose process runs and grants. */
export async function servingOnes(world: World): Promise<readonly SimService[]> {
  const found: SimService[] = [];
  for (const service of world.services) {
    if (service.permit === null || service.host.state() !== 'up') continue;
    const { state } = await service.permit.health();
    if (state === 'serving') found.push(service);
  }
  return found;
}
