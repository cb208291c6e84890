import { canonicalJson } from '@watchbill/kit';
import type { LiveResource, PlaceState } from '../../file/live/index.ts';
import type { Step } from '../../file/plan/index.ts';
import type { IdentifiedTarget } from './identity.ts';
import type { StopReason } from './settings.ts';

/** The outcome of a step whose end was lost with a reply or with its process. */
export type Settled =
  | { readonly state: 'not-done' }
  /** Of a replacement: the old object is gone. */
  | { readonly state: 'removed' }
  | { readonly state: 'done'; readonly fingerprint: string | null }
  | { readonly state: 'stop'; readonly reason: StopReason; readonly detail: string };

/** Reads the place again and derives the outcome from the live objects. Changes no object. */
export async function settle(
  step: Step,
  network: string,
  target: IdentifiedTarget,
  signal: AbortSignal,
): Promise<Settled> {
  const resources = step.resource === null ? [] : [step.resource];
  const read = await target.read(network, resources, [], signal);
  if (!read.ok) return { state: 'stop', reason: read.reason, detail: read.detail };
  const live = read.state.live.get(step.resourceId);
  if (live === undefined) return whenAbsent(step);
  if (live.fingerprint === step.basedOn) return { state: 'not-done' };
  if (step.action !== 'delete' && live.network === network && isAsProposed(live, read.state))
    return { state: 'done', fingerprint: live.fingerprint };
  const detail = `${step.resourceId} is neither in the state that was planned on nor in the planned state; plan again`;
  return { state: 'stop', reason: 'changed', detail };
}

function whenAbsent({ action, resourceId }: Step): Settled {
  switch (action) {
    case 'create':
      return { state: 'not-done' };
    case 'delete':
      return { state: 'done', fingerprint: null };
    case 'replace':
      return { state: 'removed' };
    case 'update':
      return { state: 'stop', reason: 'changed', detail: `${resourceId} is gone; plan again` };
  }
}

/** Applying it again would have no effect. */
function isAsProposed(live: LiveResource, { proposals }: PlaceState): boolean {
  const proposal = proposals.get(live.id);
  return proposal?.ok === true && canonicalJson(proposal.body) === canonicalJson(live.body);
}
