import { excludes, keysOf } from '../graph/key-set.ts';
import { topologicalOrder } from '../graph/order.ts';
import type { LiveResource } from '../live/port.ts';
import type { PlanProblem, Step } from './change.ts';
import { touchesSigner } from './check.ts';
import { isWorkload } from './risk.ts';
import { planProblem } from './steps.ts';

/** Steps in the order in which they are done, with what each of them waits for. */
export interface OrderedSteps {
  readonly steps: readonly Step[];
  readonly problems: readonly PlanProblem[];
}

type Edges = Map<string, Set<string>>;

/**
 * What a resource needs comes before it; what ends the use of a key set comes before what begins it elsewhere; what is
 * removed comes after what used it; the signers of a pool come one after the other.
 */
export function orderSteps(drafts: readonly Step[], live: ReadonlyMap<string, LiveResource>): OrderedSteps {
  const edges: Edges = new Map(drafts.map(({ id }) => [id, new Set<string>()]));
  const byResource = new Map(drafts.map((step) => [step.resourceId, step]));
  for (const step of drafts) {
    for (const id of [...(step.resource?.needs ?? []), ...(step.resource?.afterHealthy ?? [])]) {
      const before = byResource.get(id);
      if (before !== undefined && before.action !== 'delete') edges.get(step.id)?.add(before.id);
    }
  }
  keySetEdges(drafts, live, edges);
  removalEdges(drafts, edges);
  const first = orderOf(drafts, edges);
  if (first.cycle.length > 0) return { steps: [], problems: swapped(drafts, first.cycle) };
  chainSigners(first.order, drafts, live, edges);
  const byId = new Map(drafts.map((step) => [step.id, step]));
  const { order } = orderOf(drafts, edges);
  const steps = order.flatMap((id): readonly Step[] => {
    const step = byId.get(id);
    if (step === undefined) return [];
    const untouched = (step.resource?.afterHealthy ?? []).filter(
      (one) => live.has(one) && !byResource.has(one),
    );
    return [{ ...step, needs: [...(edges.get(id) ?? [])].sort(), healthyFirst: untouched.toSorted() }];
  });
  return { steps, problems: [] };
}

function orderOf(drafts: readonly Step[], edges: Edges) {
  return topologicalOrder(drafts.map(({ id }) => ({ id, after: [...(edges.get(id) ?? [])] })));
}

/** The use of keys that a step begins, null where it goes on with the same or uses none. */
function begins(step: Step, live: ReadonlyMap<string, LiveResource>): string | null {
  const after = step.resource?.subject.keySet ?? null;
  return after === (live.get(step.resourceId)?.subject.keySet ?? null) ? null : after;
}

/** The use of keys that is over once the step is done. */
function ends(step: Step, live: ReadonlyMap<string, LiveResource>): string | null {
  const before = live.get(step.resourceId)?.subject.keySet ?? null;
  return before === (step.resource?.subject.keySet ?? null) ? null : before;
}

function keySetEdges(drafts: readonly Step[], live: ReadonlyMap<string, LiveResource>, edges: Edges): void {
  const enders = new Map<string, { readonly step: Step; readonly use: string }[]>();
  for (const step of drafts) {
    const use = ends(step, live);
    if (use !== null) enders.set(keysOf(use), [...(enders.get(keysOf(use)) ?? []), { step, use }]);
  }
  for (const step of drafts) {
    const use = begins(step, live);
    for (const ender of use === null ? [] : (enders.get(keysOf(use)) ?? []))
      if (ender.step.id !== step.id && excludes(ender.use, use)) edges.get(step.id)?.add(ender.step.id);
  }
}

/** Services, policies and maps go after the nodes that used them have gone, or were changed. */
function removalEdges(drafts: readonly Step[], edges: Edges): void {
  const workloads = drafts.filter(({ resourceId }) => isWorkload(kindOf(resourceId)));
  const keys = (step: Step) => {
    const { place, subject } = step;
    return [`${place}//`, `${place}/${subject.pool}/`, `${place}/${subject.pool}/${subject.node}`];
  };
  const users = new Map<string, Step[]>();
  for (const step of workloads)
    for (const key of keys(step)) {
      const list = users.get(key);
      if (list === undefined) users.set(key, [step]);
      else list.push(step);
    }
  for (const step of drafts) {
    if (step.action !== 'delete' || isWorkload(kindOf(step.resourceId))) continue;
    const { pool, node } = step.subject;
    const key = `${step.place}/${pool ?? ''}/${pool === null ? '' : (node ?? '')}`;
    for (const user of users.get(key) ?? []) edges.get(step.id)?.add(user.id);
  }
}

function chainSigners(
  order: readonly string[],
  drafts: readonly Step[],
  live: ReadonlyMap<string, LiveResource>,
  edges: Edges,
): void {
  const byId = new Map(drafts.map((step) => [step.id, step]));
  const last = new Map<string, string>();
  for (const id of order) {
    const step = byId.get(id);
    if (step === undefined || !touchesSigner(step, live)) continue;
    const pool = step.subject.pool ?? '';
    const before = last.get(pool);
    if (before !== undefined) edges.get(id)?.add(before);
    last.set(pool, id);
  }
}

/** `PLACE/KIND/…`. */
function kindOf(resourceId: string): string {
  return resourceId.split('/')[1] ?? '';
}

function swapped(drafts: readonly Step[], cycle: readonly string[]): readonly PlanProblem[] {
  return drafts
    .filter(({ id, subject }) => cycle.includes(id) && subject.keySet !== null)
    .map(({ resourceId, subject }) =>
      planProblem(
        'two-signers',
        resourceId,
        `it would take over the keys ${subject.keySet} from one that takes over others`,
      ),
    );
}
