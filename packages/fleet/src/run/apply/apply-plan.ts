import type { Step } from '../../file/plan/index.ts';
import { performStages } from './canary.ts';
import type { IdentifiedTarget } from './identity.ts';
import type { Entry } from './journal-text.ts';
import { type Performed, perform } from './perform.ts';
import type { ApplyResult, ApplySettings, Stop, StopReason } from './settings.ts';
import { stagesOf } from './stages.ts';
import { awaitEarlierSigners, awaitHealth } from './step-health.ts';
import { keysStop, worldStop } from './world.ts';

/** Steps in progress at once, with their health checks. */
const MOST_AT_ONCE = 50;

/**
 * Carries out the steps of a plan in order, and skips those that an earlier run finished. Each step is in the
 * journal before it begins and after it is done, and the next steps wait until it is healthy. Independent
 * steps run side by side, those of signers one at a time. After the first failure no new step begins.
 *
 * `refusalOf` decides beforehand whether the plan may be applied. Before the first step, and before each that
 * begins to use keys, this checks that the places are still as the plan read them.
 */
export async function applyPlan(settings: ApplySettings): Promise<ApplyResult> {
  const { plan, journal } = settings;
  const progress = new Map<string, Entry['state']>();
  for (const { step, state } of journal.earlier) progress.set(step, state);
  const stops: Stop[] = [];
  const ids = plan.steps.map(({ id }) => id);
  const stale = settings.signal.aborted ? null : await worldStop(settings, progress);
  if (stale !== null) {
    stops.push(stale);
    settings.onEvent({ step: stale.step, state: 'stopped', detail: stale.detail });
  }
  const started = new Set<string>();
  const running = new Map<string, { readonly step: Step; readonly ended: Promise<void> }>();

  const isDone = (id: string): boolean => progress.get(id) === 'verified';

  function mayStart(step: Step): boolean {
    if (isDone(step.id) || started.has(step.id) || !step.needs.every(isDone)) return false;
    return step.risk !== 'signing' || [...running.values()].every((other) => other.step.risk !== 'signing');
  }

  async function run(step: Step): Promise<void> {
    const stop = await runStep(step, progress, settings);
    running.delete(step.id);
    if (stop === null) return;
    stops.push(stop);
    settings.onEvent({ step, state: 'stopped', detail: stop.detail });
  }

  for (;;) {
    for (const step of plan.steps) {
      if (stops.length > 0 || settings.signal.aborted || running.size >= MOST_AT_ONCE) break;
      if (!mayStart(step)) continue;
      started.add(step.id);
      running.set(step.id, { step, ended: run(step) });
    }
    if (running.size === 0) break;
    await Promise.race([...running.values()].map(({ ended }) => ended));
  }
  return { done: ids.filter(isDone), left: ids.filter((id) => !isDone(id)), stops };
}

/** Null if the step is done and verified. */
async function runStep(
  step: Step,
  progress: Map<string, Entry['state']>,
  settings: ApplySettings,
): Promise<Stop | null> {
  const target = settings.targets.get(step.place);
  if (target === undefined) throw new TypeError(`there is no target for ${step.place}`);
  const mark = (state: Entry['state']): void => {
    settings.journal.write({ state, step: step.id });
    progress.set(step.id, state);
  };
  const stop = (reason: StopReason, detail: string): Stop => ({ step, reason, detail });
  const earlier = progress.get(step.id);
  if (earlier === 'rolled-back') return stop('rolled-back', 'an earlier run put it back; plan again');
  if (earlier !== 'applied') {
    const first = await awaitEarlierSigners(step, settings);
    if (!first.ok) return stop(first.reason, first.detail);
    const lost = await settings.mayGoOn?.(isSigning(step), settings.signal);
    if (lost) return stop('lock-lost', lost);
    const taken = await keysStop(step, settings, progress);
    if (taken !== null) return taken;
    const performed = await begin(step, earlier === undefined, target, settings);
    if (!performed.ok && performed.reason === 'rolled-back') mark('rolled-back');
    if (!performed.ok) return stop(performed.reason, performed.detail);
    mark('applied');
    settings.onEvent({ step, state: 'applied', detail: '' });
  }
  const health = await awaitHealth(step, target, settings);
  if (!health.ok) return stop(health.reason, health.detail);
  mark('verified');
  settings.onEvent({ step, state: 'verified', detail: '' });
  return null;
}

/** Whether a step begins, ends or changes the use of keys. */
export function isSigning({ risk, fields }: Pick<Step, 'risk' | 'fields'>): boolean {
  return risk === 'signing' || fields.some((field) => field.risk === 'signing');
}

/** If an earlier run began a step, only the place shows whether it took effect. */
async function begin(
  step: Step,
  isNew: boolean,
  target: IdentifiedTarget,
  settings: ApplySettings,
): Promise<Performed> {
  const { journal, signal } = settings;
  const stages = stagesOf(step);
  const earlier = journal.earlier.findLast((entry) => entry.step === step.id && entry.before !== undefined);
  const before = isNew && stages !== null ? await target.applied?.(step.resourceId, signal) : earlier?.before;
  if (isNew) journal.write({ state: 'begun', step: step.id, ...(before ? { before } : {}) });
  settings.onEvent({ step, state: 'begun', detail: '' });
  const from = isNew ? 'not-done' : 'unknown';
  if (stages === null) return perform(step, from, target, settings);
  return performStages(step, { stages, before: before ?? null }, from, target, settings);
}
