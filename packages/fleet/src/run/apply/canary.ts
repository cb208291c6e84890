import type { KubernetesResource, Resource } from '../../file/graph/index.ts';
import type { Step } from '../../file/plan/index.ts';
import type { IdentifiedTarget } from './identity.ts';
import { type From, type Performed, perform } from './perform.ts';
import type { ApplySettings } from './settings.ts';
import { settle } from './settle.ts';
import { awaitHealth } from './step-health.ts';

/**
 * A roll-out by stages: the bodies to apply in order, and the body to restore if a stage does not become
 * healthy.
 */
export interface Canary {
  readonly stages: readonly KubernetesResource[];
  /** Null if it is unknown; then the failed stage stays as it is, and no other pod changes. */
  readonly before: Resource['body'] | null;
}

type Failed = Performed & { readonly ok: false };

/**
 * Changes a few pods, waits until they are healthy, then changes the next ones. If a stage does not become
 * healthy in time, applies the old body again, so that the pods of the other stages never change.
 */
export async function performStages(
  step: Step,
  canary: Canary,
  from: From,
  target: IdentifiedTarget,
  settings: ApplySettings,
): Promise<Performed> {
  const { stages } = canary;
  let start: { readonly first: number; readonly basedOn: string | null } | Failed = {
    first: 0,
    basedOn: step.basedOn,
  };
  if (from === 'unknown') start = await reachedStage(step, stages, target, settings);
  if ('reason' in start) return start;
  let { basedOn } = start;
  for (const [at, resource] of stages.entries()) {
    if (at < start.first) continue;
    const done = await perform({ ...step, resource, basedOn }, 'not-done', target, settings);
    if (!done.ok) return done;
    basedOn = done.fingerprint;
    const stage = `stage ${at + 1} of ${stages.length}`;
    settings.onEvent({ step, state: 'waiting', detail: stage });
    const health = await awaitHealth(step, target, settings);
    if (health.ok) continue;
    if (health.reason === 'interrupted') return health;
    return rollBack({ ...step, basedOn }, canary, `${stage}: ${health.detail}`, target, settings);
  }
  return { ok: true, fingerprint: basedOn };
}

/**
 * The stage at which to continue: the stage that the place has already. Applying it again has no effect, and
 * then the run waits for it.
 */
async function reachedStage(
  step: Step,
  stages: readonly KubernetesResource[],
  target: IdentifiedTarget,
  { plan, signal }: ApplySettings,
): Promise<{ readonly first: number; readonly basedOn: string | null } | Failed> {
  let last: Failed = { ok: false, reason: 'changed', detail: step.resourceId };
  for (const [first, resource] of stages.entries()) {
    const settled = await settle({ ...step, resource }, plan.network, target, signal);
    if (settled.state === 'not-done') return { first: 0, basedOn: step.basedOn };
    if (settled.state === 'done') return { first, basedOn: settled.fingerprint };
    if (settled.state === 'stop') last = { ok: false, reason: settled.reason, detail: settled.detail };
  }
  return last;
}

async function rollBack(
  step: Step,
  { before }: Canary,
  why: string,
  target: IdentifiedTarget,
  settings: ApplySettings,
): Promise<Performed> {
  if (before === null || step.resource === null)
    return {
      ok: false,
      reason: 'gate-failed',
      detail: `${why}; the earlier version is unknown, so it stays as it is`,
    };
  const back = { ...step, resource: { ...step.resource, body: before } as Resource };
  const done = await perform(back, 'not-done', target, settings);
  if (!done.ok) {
    const detail = `${why}; PUTTING THE EARLIER VERSION BACK FAILED: ${done.detail}`;
    return { ok: false, reason: done.reason, detail };
  }
  // A pod that never was ready keeps a StatefulSet from replacing it.
  const stale = (await target.clearStale?.(step.resourceId, settings.signal)) ?? null;
  const health = await awaitHealth(step, target, settings);
  const end = health.ok
    ? 'the earlier version is back and healthy'
    : `the earlier version is back: ${health.detail}`;
  const left = stale === null ? '' : `; a pod that is not ready stays: ${stale}`;
  return { ok: false, reason: 'rolled-back', detail: `${why}; ${end}${left}` };
}
