import { StoreFault } from '@watchbill/duty/store/port';
import { keyId } from '../custody/key-name.ts';
import { GuardFault } from '../fault.ts';
import { inspectNode } from '../inspect/node.ts';
import type { OwnReport, RoleKeeper } from '../pair/keeper.ts';
import type { NodeState } from '../pair/member.ts';
import { RETURN_MS } from '../pair/standing.ts';
import { slotAt } from '../restart/slots.ts';
import type { Run } from './facts.ts';
import type { GuardParts } from './parts.ts';
import { busySentence, standbyReason } from './role.ts';

/** One turn with the store of the pair: renews the active role, and reports this machine. */
export async function pairTurn(parts: GuardParts, run: Run): Promise<void> {
  const { role, events } = parts;
  if (role === null) return;
  const report = await reportOf(parts, run);
  await unlessUncertain(parts, () => role.turn(report));
  await takeBack(parts, role, run);
  const say = busySentence(run);
  events.standing(say === null ? role.standing() : { role: 'standby', say });
}

async function reportOf(parts: GuardParts, run: Run): Promise<OwnReport> {
  const keys = run.keys.map(({ name }) => keyId(name)).toSorted();
  const say =
    standbyReason(parts, run) ?? (run.open.size === run.keys.length ? 'active' : 'active; some keys wait');
  const report = { keys, open: run.open.size, check: run.check.state, say, busyWith: run.busyWith() };
  return { ...report, node: await nodeState(parts) };
}

async function nodeState({ own }: GuardParts): Promise<NodeState | null> {
  const read = await inspectNode(own);
  if (!read.looked) return null;
  const { version, peerId, peers, syncing, finalized } = read.value;
  return { version, peerId, peers, syncing, finalized: BigInt(finalized) };
}

/**
 * Uses the fence on an active machine that is silent, and takes the role over if that machine is certainly
 * off. A fence that failed is used again after its time; the signal ends that wait.
 */
export async function fenceSilent(parts: GuardParts, run: Run, signal: AbortSignal): Promise<void> {
  const { role, fence, events, failpoint } = parts;
  const silence = role?.silence() ?? null;
  if (role === null || fence === null || silence === null || silence.ms < fence.afterMs) return;
  if (silence.record.state === 'free') return;
  // A machine that cannot take over must not power the other one off.
  if (!(await isFit(parts, run))) return;
  const machine = silence.record.holder;
  const { isOff, say } = await fence.powerOff(machine);
  events.fenced(machine, isOff, say);
  await failpoint('after-fence');
  if (!isOff || run.busyWith() !== null) return void (await parts.clock.sleep(fence.afterMs, signal));
  const reason = `${machine} was silent for ${Math.round(silence.ms / 1_000)} s, and the fence confirmed that it is off`;
  await unlessUncertain(parts, async () => {
    await failpoint('before-take-over');
    await role.takeOver(silence, { how: 'fence', by: role.name, reason });
    await failpoint('after-take-over');
  });
}

/**
 * Takes the role back that this machine handed over, if the new one never renewed it: it places a key only
 * after that. Both change the same record, so at most one of the two succeeds.
 */
async function takeBack(parts: GuardParts, role: RoleKeeper, run: Run): Promise<void> {
  const silence = role.silence();
  if (silence?.record.state !== 'free' || silence.ms < RETURN_MS || !(await isFit(parts, run))) return;
  const reason = `${silence.record.holder} did not take the role within ${RETURN_MS / 1_000} s`;
  await unlessUncertain(parts, async () => {
    await role.takeOver(silence, { how: 'returned', by: role.name, reason });
  });
}

async function isFit(parts: GuardParts, { check, busyWith }: Run): Promise<boolean> {
  if (busyWith() !== null) return false;
  const node = await nodeState(parts);
  const keysFit = check.state === 'match' || check.state === 'not-asked';
  return keysFit && node !== null && !node.syncing && node.peers > 0;
}

/** The role at the end of a process: the node is gone, and no key is placed. */
export async function leaveRole(parts: GuardParts, run: Run, handTo: string | null): Promise<void> {
  const { role, events, clock, failpoint } = parts;
  if (role === null) return;
  const lastSlot = lastSlotOf(run, clock.nowMs());
  await unlessUncertain(parts, async () => {
    if (handTo === null) return await role.rest(lastSlot);
    await failpoint('before-handover');
    const isDone = await role.handOver(handTo, lastSlot);
    await failpoint('after-handover');
    if (isDone) events.handedOver(handTo);
  });
}

/**
 * The highest slot that this machine may have signed; null if the slots are not known. A process that placed
 * no author's key knows of those before it only the mark.
 */
function lastSlotOf({ chain, lastSlot, marks }: Run, nowMs: number): bigint | null {
  if (chain === null) return null;
  const now = slotAt(chain.slotMs, nowMs);
  const signed = lastSlot ?? marks.slot;
  return signed === null || signed < now ? now : signed;
}

/** Without an answer the role stays where it is; the lease ends by itself. */
async function unlessUncertain({ events }: GuardParts, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    const isStore = error instanceof StoreFault || (error instanceof GuardFault && error.code === 'store');
    if (!isStore) throw error;
    events.pairUnread(error.message);
  }
}
