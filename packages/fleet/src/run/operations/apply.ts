import { randomUUID } from 'node:crypto';
import type { Clock } from '@watchbill/kit';
import { Fault, fault, usageFault } from '@watchbill/kit';
import { applyPlan, isSigning } from '../apply/apply-plan.ts';
import type { Journal } from '../apply/journal.ts';
import { type BegunPlan, begunSince, isEmptyOf, sameRemembered } from '../apply/memory.ts';
import { type Allowed, APPLY_REFUSALS, placesRefusal, refusalOf } from '../apply/refusal.ts';
import { journalName, type SavedPlan } from '../apply/saved-plan.ts';
import type { ApplyEvent, ApplyResult, Stop, StopReason } from '../apply/settings.ts';
import { stepJudge } from '../rollout/step-judge.ts';
import type { FleetMemory, FleetPorts, RolloutMemory, Targets } from './fleet-ports.ts';
import type { LockEvent } from './lock-place.ts';
import { holdNetwork, type NetworkHold, runsOf } from './network-hold.ts';
import { rememberLines } from './past-places.ts';
import { learnFromPlaces } from './shared-memory.ts';
import { signerCheck } from './signer-check.ts';
import { liveOf, placeFault } from './targets.ts';

export interface ApplyInput {
  /** Id of a saved plan, or at least its first eight characters. */
  readonly plan: string;
  /** Risks that a person agreed to. */
  readonly allowed: Allowed;
  /** Longest wait for another process that works on the network; left out: none. */
  readonly waitMs?: number | undefined;
  /** Another process holds the lock of the network, held it, or keeps a part of it. */
  readonly onLock?: ((event: LockEvent) => void) | undefined;
  /** Longest wait for one step to become healthy. */
  readonly gateTimeoutMs: number;
  readonly onEvent: (event: ApplyEvent) => void;
  /** Once it is aborted, no new step begins. */
  readonly signal: AbortSignal;
}

export interface AppliedPlan {
  readonly saved: SavedPlan;
  readonly result: ApplyResult;
}

const POLL_MS = 1_000;

/**
 * Carries out a saved plan, or continues it. Throws a Fault before the first step if the plan needs a consent
 * that was not given, another plan began after it was made, a roll-out is not finished, or a place is not the
 * same as then.
 */
export async function applySaved(ports: FleetPorts, input: ApplyInput): Promise<AppliedPlan> {
  const saved = await ports.memory.plan(input.plan);
  refuseUnlessAllowed(saved, input.allowed);
  refuseWhileRollingOut(ports.memory.rollout);
  const targets = await ports.openTargets(saved.plan.network, saved.places, saved.takeOver);
  try {
    return { saved, result: await run(ports, saved, targets, input) };
  } finally {
    targets.close();
  }
}

/**
 * Whether only a new plan can go on after these stops: this one no longer fits. The other causes may pass.
 */
export function needsNewPlan(stops: readonly Stop[]): boolean {
  const anew: readonly StopReason[] = ['changed', 'conflict', 'invalid', 'rolled-back'];
  return stops.some(({ reason }) => anew.includes(reason));
}

/** If two plans changed the same nodes, each would take the other's change for drift. */
function refuseWhileRollingOut(rollout: RolloutMemory): void {
  const open = rollout.unfinished();
  if (open === null) return;
  throw fault('rollout-unfinished', 'denied', {
    what: `a roll-out is not ended: ${open.title}`,
    where: rollout.where,
    remedy: 'continue it with `watchbill fleet nodes rollout`; if you know that it is over, remove the file',
  });
}

function refuseUnlessAllowed({ plan }: SavedPlan, allowed: Allowed): void {
  const refused = refusalOf(plan, allowed);
  if (refused === null) return;
  const flag = { 'signing-not-allowed': '--allow-signing', 'data-loss-not-allowed': '--allow-data-loss' };
  const needed = flag[refused.reason as keyof typeof flag];
  throw fault(refused.reason, 'denied', {
    what: `${APPLY_REFUSALS[refused.reason]}: ${refused.detail}`,
    where: `plan ${plan.id}`,
    remedy:
      needed === undefined
        ? 'plan again'
        : `read the plan, then allow it with ${needed}; no step was carried out`,
  });
}

async function run(
  ports: FleetPorts,
  saved: SavedPlan,
  targets: Targets,
  { gateTimeoutMs, waitMs = 0, onEvent, onLock = () => undefined, signal }: ApplyInput,
): Promise<ApplyResult> {
  const { clock, memory } = ports;
  await refuseOtherPlaces(saved, targets, signal);
  const opened = await memory.openJournal(saved, 'plan');
  if (!opened.ok)
    throw fault(`journal-${opened.reason}`, opened.reason === 'damaged' ? 'fault' : 'denied', {
      what: opened.detail,
      remedy: 'plan again',
      where: memory.where,
    });
  const { journal } = opened;
  let judged: Awaited<ReturnType<typeof judgeOf>> = null;
  let hold: NetworkHold | null = null;
  try {
    if (!isDone(saved, journal)) {
      const work = `apply plan ${saved.plan.id.slice(0, 12)}`;
      hold = await holdNetwork(ports, { saved, targets, work, waitMs, onLock, signal });
      await begin(ports, saved, { journal, targets, hold, signal });
    }
    judged = await judgeOf(clock, saved, targets, signal);
    const result = await applyPlan({
      plan: saved.plan,
      targets: targets.byPlace,
      journal,
      clock,
      checkSigner: signerCheck(targets.byPlace),
      mayGoOn: hold?.mayGoOn,
      judge: judged?.judge,
      gateTimeoutMs,
      pollMs: POLL_MS,
      onEvent,
      signal,
    });
    if (result.left.length === 0) await forgetEmptied(saved, memory, targets, signal);
    if (hold !== null) await end(memory, saved, { hold, onLock });
    return result;
  } finally {
    judged?.close();
    await hold?.release();
    journal.close();
  }
}

async function refuseOtherPlaces(saved: SavedPlan, { byPlace }: Targets, signal: AbortSignal): Promise<void> {
  const refused = await placesRefusal(saved, byPlace, signal);
  if (refused === null) return;
  const where = `plan ${saved.plan.id}`;
  if (refused.reason === 'unreachable' || refused.reason === 'forbidden')
    throw placeFault(where, refused.reason, refused.detail);
  throw usageFault(refused.detail, 'plan again, or name the kubeconfig of the right cluster', where);
}

function isDone({ plan }: SavedPlan, { earlier }: Journal): boolean {
  const verified = new Set(earlier.flatMap(({ state, step }) => (state === 'verified' ? [step] : [])));
  return plan.steps.every(({ id }) => verified.has(id));
}

interface BeginSettings {
  readonly journal: Journal;
  readonly targets: Targets;
  readonly hold: NetworkHold;
  readonly signal: AbortSignal;
}

/**
 * Before the first step, under the lock: whether this plan may still begin, as far as the folder and the
 * places know. Then both keep its places and its signing steps, so that every later plan looks there too.
 */
async function begin(
  ports: FleetPorts,
  saved: SavedPlan,
  { journal: { earlier }, targets, hold, signal }: BeginSettings,
): Promise<void> {
  const { memory: store, clock } = ports;
  const { plan, places, identities, traits } = saved;
  const { network } = plan;
  const journal = journalName(saved);
  const { memory } = await learnFromPlaces(ports, {
    ...{ network, places, identities, targets: targets.byPlace, signal },
  });
  refuseIf(memory?.abandoned.includes(journal) === true, plan.id, 'this plan was abandoned');
  const newer = (begun: readonly BegunPlan[]) => begunSince(begun, saved.runs, journal);
  refuseIf(newer(memory?.begun ?? []), plan.id, NOT_THERE);
  const verified = new Set(earlier.flatMap(({ state, step }) => (state === 'verified' ? [step] : [])));
  const signing = plan.steps.filter((step) => isSigning(step) && !verified.has(step.id)).map(({ id }) => id);
  const { user, host } = hold.holder;
  const run = { run: randomUUID(), by: `${user}@${host}`, signing };
  const begun = { what: 'begun', plan: plan.id, journal, atMs: clock.nowMs(), ...run } as const;
  await store.add(network, [...rememberLines(memory, places, identities, traits), begun]);
  // Of two plans that begin at once the second one sees the first.
  const all = (await store.remembered(network))?.begun ?? [];
  const own = all.findLastIndex((one) => one.journal === journal);
  refuseIf(newer(all.slice(0, own)), plan.id, NOT_THERE);
  await hold.publish(signal);
}

const END_TIMEOUT_MS = 60_000;

/**
 * Records that no signing step is unfinished, and shares the memory. If that fails, other operators wait for
 * this plan until a person gives it up, so the event names it.
 */
async function end(
  store: FleetMemory,
  saved: SavedPlan,
  { hold, onLock }: { readonly hold: NetworkHold; readonly onLock: (event: LockEvent) => void },
): Promise<void> {
  const { network } = saved.plan;
  const journal = journalName(saved);
  const open = await store.unfinishedSigning(network, []);
  const runs = runsOf((await store.remembered(network))?.lines ?? [], journal);
  if (!open.some((one) => one.journal === journal)) await store.add(network, [{ what: 'ended', runs }]);
  try {
    const signal = AbortSignal.timeout(END_TIMEOUT_MS);
    const lost = await hold.mayGoOn(true, signal);
    if (lost !== null) throw fault('lock-lost', 'unknown', { what: lost, remedy: 'run it again' });
    await hold.publish(signal);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    onLock({ kind: 'lock-left', place: 'the shared memory', detail: error.message });
  }
}

const NOT_THERE = 'another plan was begun after this one was made, so the basis of this one may have changed';

function refuseIf(reason: BegunPlan | boolean | null, plan: string, what: string): void {
  if (reason === null || reason === false) return;
  const other = reason === true ? '' : ` (plan ${reason.plan.slice(0, 12)})`;
  const remedy = 'plan again with `watchbill fleet plan`';
  throw fault('plan-outdated', 'denied', { what: `${what}${other}`, where: `plan ${plan}`, remedy });
}

/**
 * A place that a plan emptied is forgotten: no later plan looks there. One that cannot be read now stays
 * remembered.
 */
async function forgetEmptied(
  { plan, places, identities }: SavedPlan,
  store: FleetMemory,
  { byPlace }: Targets,
  signal: AbortSignal,
): Promise<void> {
  const emptied = new Set(plan.steps.flatMap(({ action, place }) => (action === 'delete' ? [place] : [])));
  const memory = await store.remembered(plan.network);
  for (const place of places) {
    if (memory === null || !emptied.has(place.name)) continue;
    const read = await byPlace.get(place.name)?.read(plan.network, [], [], signal);
    if (!read?.ok || !isEmptyOf(plan.network, read.state.live)) continue;
    const ids = sameRemembered(memory, place, identities[place.name] ?? '').map(({ id }) => id);
    if (ids.length > 0) await store.add(plan.network, [{ what: 'gone', ids: [...ids] }]);
  }
}

/** Null for a plan that was saved without checks. */
async function judgeOf(clock: Clock, { plan, gates }: SavedPlan, { byPlace }: Targets, signal: AbortSignal) {
  const updates = plan.steps.some(({ action, gate }) => action === 'update' && gate === 'healthy');
  if (gates === undefined || !updates) return null;
  const live = await liveOf(byPlace, plan.network, signal);
  return stepJudge({ plan, targets: byPlace, live, gates, clock });
}
