import type { Done } from '../../file/live/index.ts';
import type { Step } from '../../file/plan/index.ts';
import type { IdentifiedTarget } from './identity.ts';
import type { ApplySettings, StopReason } from './settings.ts';
import { type Settled, settle } from './settle.ts';

export type Performed =
  /** `fingerprint` of the live object now; null if there is none. */
  | { readonly ok: true; readonly fingerprint: string | null }
  | { readonly ok: false; readonly reason: StopReason; readonly detail: string };

/** The state of a step according to the journal. `unknown`: begun by a run that ended. */
export type From = 'not-done' | 'removed' | 'unknown';

/** The part of the settings that a single change needs. */
export type PerformSettings = Pick<ApplySettings, 'plan' | 'journal' | 'clock' | 'signal'>;

/** Lost replies in a row before the run stops; the next run reads the real state. */
const MOST_UNKNOWN = 3;
const UNKNOWN_WAIT_MS = 1_000;

/** Carries out a step, and finds out its outcome if a reply was lost. */
export async function perform(
  step: Step,
  from: From,
  target: IdentifiedTarget,
  settings: PerformSettings,
): Promise<Performed> {
  let state: Settled | { readonly state: 'unknown' } = { state: from };
  for (let lost = 0; ; ) {
    if (state.state === 'unknown') state = await settle(step, settings.plan.network, target, settings.signal);
    if (state.state === 'done') return { ok: true, fingerprint: state.fingerprint };
    if (state.state === 'stop') return { ok: false, reason: state.reason, detail: state.detail };
    const done = await act(step, state.state === 'removed', target, settings);
    if (done.outcome === 'done') return { ok: true, fingerprint: done.fingerprint };
    lost += 1;
    if (done.outcome !== 'unknown' || lost >= MOST_UNKNOWN || settings.signal.aborted)
      return { ok: false, reason: done.outcome, detail: done.detail };
    await settings.clock.sleep(UNKNOWN_WAIT_MS, settings.signal);
    state = { state: 'unknown' };
  }
}

async function act(
  { action, resource, resourceId, basedOn, id }: Step,
  isRemoved: boolean,
  target: IdentifiedTarget,
  { journal, signal }: PerformSettings,
): Promise<Done> {
  if (action === 'delete') return target.remove(resourceId, needed(basedOn, id), { orphan: false }, signal);
  if (action === 'update') return target.apply(needed(resource, id), needed(basedOn, id), signal);
  if (action === 'replace' && !isRemoved) {
    const removed = await target.remove(resourceId, needed(basedOn, id), { orphan: true }, signal);
    if (removed.outcome !== 'done') return removed;
    journal.write({ state: 'removed', step: id });
  }
  return target.apply(needed(resource, id), null, signal);
}

function needed<T>(value: T | null, id: string): T {
  if (value === null) throw new TypeError(`the step ${id} lacks its object; the plan is damaged`);
  return value;
}
