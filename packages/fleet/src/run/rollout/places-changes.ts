import type { Clock } from '@watchbill/kit';
import type { Resource } from '../../file/graph/index.ts';
import type { LiveResource } from '../../file/live/index.ts';
import type { Plan, Step } from '../../file/plan/index.ts';
import type { IdentifiedTarget } from '../apply/identity.ts';
import { type PerformSettings, perform } from '../apply/perform.ts';
import { settle } from '../apply/settle.ts';
import { withPartition } from '../apply/stages.ts';
import type { Moved, RolloutPort } from './port.ts';

export interface PlacesRollout {
  readonly plan: Plan;
  /** Updates of resources that run nodes: one unit each. */
  readonly steps: readonly Step[];
  readonly targets: ReadonlyMap<string, IdentifiedTarget>;
  /** All that the network has. */
  readonly live: readonly LiveResource[];
  /** The bodies applied before, by the id of the resource. */
  readonly before: Readonly<Record<string, Resource['body']>>;
  readonly clock: Clock;
}

/**
 * Changes of the units of a rollout, and the way back. `nodeCount`: how many nodes an object or unit runs, by
 * its id.
 */
export function placesChanges(
  rollout: PlacesRollout,
  nodeCount: (id: string) => number,
): Pick<RolloutPort, 'change' | 'restore'> {
  const { plan, steps, targets, before, clock } = rollout;
  const stepOf = (id: string): Step => {
    const found = steps.find(({ resourceId }) => resourceId === id);
    if (found === undefined) throw new TypeError(`${id} is not rolled out`);
    return found;
  };

  async function put(id: string, body: Resource['body'], signal: AbortSignal): Promise<Moved> {
    const step = stepOf(id);
    const target = targets.get(step.place);
    if (target === undefined || step.resource === null)
      return { ok: false, detail: `${step.place} is not known here` };
    const settings: PerformSettings = { plan, clock, signal, journal: NO_JOURNAL };
    const known = [...bodiesOf(step, nodeCount(id)), ...(before[id] === undefined ? [] : [before[id]])];
    const now = await fingerprintNow(step, known, plan.network, target, signal);
    if (typeof now !== 'string') return now;
    const wanted = { ...step, resource: { ...step.resource, body } as Resource, basedOn: now };
    const done = await perform(wanted, 'not-done', target, settings);
    return done.ok ? { ok: true } : { ok: false, detail: `${id}: ${done.detail}` };
  }

  return {
    change: (id, count, signal) => {
      const body = bodiesOf(stepOf(id), nodeCount(id))[count - 1];
      if (body === undefined) throw new TypeError(`${id} has no ${count} nodes`);
      return put(id, body, signal);
    },
    restore: async (id, signal) => {
      const body = before[id];
      if (body === undefined) return { ok: false, detail: `the earlier state of ${id} is not known` };
      const moved = await put(id, body, signal);
      // A pod that never was ready keeps a StatefulSet from replacing it.
      if (moved.ok) await targets.get(stepOf(id).place)?.clearStale?.(id, signal);
      return moved;
    },
  };
}

/** A roll-out never removes and recreates a resource. */
const NO_JOURNAL: PerformSettings['journal'] = {
  file: '',
  earlier: [],
  write: () => {
    throw new TypeError('a roll-out replaces no object');
  },
  close: () => undefined,
};

/** The bodies with which one, two, … all nodes have the change; the last one is the resource as declared. */
function bodiesOf({ resource }: Step, count: number): readonly Resource['body'][] {
  if (resource === null) return [];
  if (resource.target !== 'kubernetes' || resource.kind !== 'StatefulSet') return [resource.body];
  return Array.from({ length: count }, (_, index) => withPartition(resource.body, count - 1 - index));
}

/**
 * Of the live object: as the plan read it, or as a stage made it. Any other state has another author, and is
 * left alone.
 */
async function fingerprintNow(
  step: Step,
  known: readonly Resource['body'][],
  network: string,
  target: IdentifiedTarget,
  signal: AbortSignal,
): Promise<string | Moved> {
  let detail = `${step.resourceId} is not the object that was planned on`;
  for (const body of known) {
    const settled = await settle(
      { ...step, resource: { ...step.resource, body } as Resource },
      network,
      target,
      signal,
    );
    if (settled.state === 'not-done') return step.basedOn ?? { ok: false, detail };
    if (settled.state === 'done') return settled.fingerprint ?? { ok: false, detail };
    if (settled.state === 'stop') detail = settled.detail;
  }
  return { ok: false, detail };
}
