import type { Clock } from '@watchbill/base';
import { fault, usageFault } from '@watchbill/base';
import { applyPlan } from '../apply/apply-plan.ts';
import type { Journal } from '../apply/journal.ts';
import { type BegunPlan, begunSince, isEmptyOf, sameRemembered } from '../apply/memory.ts';
import { type Allowed, APPLY_REFUSALS, placesRefusal, refusalOf } from '../apply/refusal.ts';
import { journalName, type SavedPlan } from '../apply/saved-plan.ts';
import type { ApplyEvent, ApplyResult, Stop, StopReason } from '../apply/settings.ts';
import { stepJudge } from '../rollout/step-judge.ts';
import { rememberLines } from './past-places.ts';
import type { FleetMemory, FleetPorts, RolloutMemory, Targets } from './ports.ts';
import { signerCheck } from './signer-check.ts';
import { liveOf, placeFault } from './targets.ts';

export interface ApplyInput {
  /** Id of a saved plan, or at least its first eight characters. */
  readonly plan: string;
  /** Risks that a person agreed to. */
  readonly allowed: Allowed;
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
 * Carries out a saved plan, or goes on with it. Throws a Fault before the first step if the plan
 * needs a consent that was not given, another plan began after it was made, a roll-out is on its way, or a
 * place is not the same as then.
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

/** Two that change the same nodes would each take the other's change for drift. */
function refuseWhileRollingOut(rollout: RolloutMemory): void {
  const open = rollout.unfinished();
  if (open === null) return;
  throw fault('rollout-unfinished', 'denied', {
    what: `a roll-out is not ended: ${open.title}`,
    where: rollout.where,
    remedy: 'go on with `watchbill fleet rollout`; if it is known to be over, remove the file',
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
        : `read the plan, and say yes with ${needed}; no step was carried out`,
  });
}

async function run(
  { clock, memory }: FleetPorts,
  saved: SavedPlan,
  targets: Targets,
  { gateTimeoutMs, onEvent, signal }: ApplyInput,
): Promise<ApplyResult> {
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
  try {
    await begin({ clock, memory }, saved, journal);
    judged = await judgeOf(clock, saved, targets, signal);
    const result = await applyPlan({
      plan: saved.plan,
      targets: targets.byPlace,
      journal,
      clock,
      checkSigner: signerCheck(targets.byPlace),
      judge: judged?.judge,
      gateTimeoutMs,
      pollMs: POLL_MS,
      onEvent,
      signal,
    });
    if (result.left.length === 0) await forgetEmptied(saved, memory, targets, signal);
    return result;
  } finally {
    judged?.close();
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

/**
 * Before the first step: whether this plan may still begin, as far as the memory knows. Then the memory keeps
 * its places, so that a later plan looks there too. A plan that is done needs neither.
 */
async function begin(
  { clock, memory: store }: Pick<FleetPorts, 'clock' | 'memory'>,
  saved: SavedPlan,
  { earlier }: Journal,
): Promise<void> {
  const { plan, places, identities } = saved;
  const verified = new Set(earlier.flatMap(({ state, step }) => (state === 'verified' ? [step] : [])));
  if (plan.steps.every(({ id }) => verified.has(id))) return;
  const journal = journalName(saved);
  const memory = await store.remembered(plan.network);
  refuseIf(memory?.abandoned.includes(journal) === true, plan.id, 'this plan was abandoned');
  const newer = (begun: readonly BegunPlan[]) => begunSince(begun, saved, journal);
  refuseIf(newer(memory?.begun ?? []), plan.id, NOT_THERE);
  const begun = { what: 'begun', plan: plan.id, journal, atMs: clock.nowMs() } as const;
  await store.add(plan.network, [...rememberLines(memory, places, identities), begun]);
  // Of two plans that begin at once the second one sees the first.
  const all = (await store.remembered(plan.network))?.begun ?? [];
  const own = all.findLastIndex((one) => one.journal === journal);
  refuseIf(newer(all.slice(0, own)), plan.id, NOT_THERE);
}

const NOT_THERE =
  'another plan was begun after this one was made, so what this one was made on may not be there any more';

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
    const ids = sameRemembered(memory, place, identities[place.name] ?? '');
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
