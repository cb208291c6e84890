import { isOfService } from '../../file/graph/index.ts';
import type { Health } from '../../file/live/index.ts';
import type { Step } from '../../file/plan/index.ts';
import type { IdentifiedTarget } from './identity.ts';
import { healthInCompany } from './node-health.ts';
import type { ApplySettings, StopReason } from './settings.ts';

export type HealthResult =
  | { readonly ok: true }
  | { readonly ok: false; readonly reason: StopReason; readonly detail: string };

/**
 * The first look is early, and the pause grows, so that fast steps pass at once and slow ones are polled
 * rarely.
 */
const FIRST_LOOK_MS = 100;

/** Waits until the started object is healthy, or the removed one is gone. Ends by its deadline. */
export async function awaitHealth(
  step: Step,
  target: IdentifiedTarget,
  settings: ApplySettings,
): Promise<HealthResult> {
  const { gate, place, resourceId, subject } = step;
  if (gate === 'none') return { ok: true };
  const signs = subject.keySet !== null && gate === 'healthy';
  return wait(step, gate, settings, async () => {
    const health = await target.health(resourceId, settings.signal);
    if (health.state !== 'healthy' || gate !== 'healthy') return health;
    const signer = signs ? await signerHealth(place, resourceId, settings) : health;
    if (signer.state !== 'healthy' || settings.judge === undefined) return signer;
    return settings.judge(step, settings.signal);
  });
}

/**
 * Waits until the signers, or the services, that the step comes after, and that no step of the plan touches,
 * are verified.
 */
export async function awaitEarlierSigners(step: Step, settings: ApplySettings): Promise<HealthResult> {
  for (const id of step.healthyFirst) {
    const place = placeOf(id);
    const passed = await wait(step, 'healthy', settings, async () => {
      const health = await healthAt(id, settings);
      // A service has no RPC; its own health includes `/readyz`.
      if (health.state !== 'healthy' || isOfService(step.subject)) return health;
      return signerHealth(place, id, settings);
    });
    if (!passed.ok) return { ...passed, detail: `${id} must be healthy before: ${passed.detail}` };
  }
  return { ok: true };
}

/** The signer's own health, and whether it may be alone if it has no peers. */
async function signerHealth(place: string, id: string, settings: ApplySettings): Promise<Health> {
  const said = await settings.checkSigner(place, id, settings.signal);
  return healthInCompany(id, said, settings.plan.chains ?? [], (other) => healthAt(other, settings));
}

async function healthAt(id: string, { targets, signal }: ApplySettings): Promise<Health> {
  const place = placeOf(id);
  const target = targets.get(place);
  if (target === undefined) return { state: 'unknown', detail: `${place} is not known here` };
  return target.health(id, signal);
}

function placeOf(id: string): string {
  return id.slice(0, id.indexOf('/'));
}

async function wait(
  step: Step,
  wanted: 'healthy' | 'gone',
  { clock, pollMs, gateTimeoutMs, signal, onEvent }: ApplySettings,
  look: () => Promise<Health>,
): Promise<HealthResult> {
  const deadlineMs = clock.monotonicMs() + gateTimeoutMs;
  let told = '';
  let everyMs = Math.min(pollMs, FIRST_LOOK_MS);
  for (;;) {
    const health = await look();
    if (health.state === wanted) return { ok: true };
    const detail = 'detail' in health ? health.detail : `it is ${health.state}`;
    if (isFinal(wanted, health)) return { ok: false, reason: 'gate-failed', detail };
    if (detail !== told) onEvent({ step, state: 'waiting', detail });
    told = detail;
    if (signal.aborted) return { ok: false, reason: 'interrupted', detail };
    if (clock.monotonicMs() >= deadlineMs)
      return { ok: false, reason: 'gate-timeout', detail: `${detail}; waited ${gateTimeoutMs / 1000} s` };
    await clock.sleep(everyMs, signal);
    everyMs = Math.min(pollMs, everyMs * 2);
  }
}

/** A failure stays; an object that is gone does not become healthy. One that is still healthy may yet go. */
function isFinal(wanted: 'healthy' | 'gone', { state }: Health): boolean {
  return wanted === 'healthy' && (state === 'failed' || state === 'gone');
}
