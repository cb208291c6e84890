import { isGatedUse, keysOf } from '../graph/key-set.ts';
import { topologicalOrder } from '../graph/order.ts';
import type { LiveResource } from '../live/port.ts';
import { futureHolder, judge, type KeyClaims, keyStores, liveHolders, NO_CLAIMS } from '../signers/index.ts';
import type { PlanProblem, Step } from './change.ts';
import { begins, goesAlone } from './check.ts';
import { keysElsewhere } from './elsewhere.ts';
import { isWorkload } from './risk.ts';
import { planProblem } from './steps.ts';

/** Steps in their order, with the steps that each one waits for. */
export interface OrderedSteps {
  readonly steps: readonly Step[];
  readonly problems: readonly PlanProblem[];
}

type Edges = Map<string, Set<string>>;
type Live = ReadonlyMap<string, LiveResource>;

/**
 * Orders steps: a resource comes after its needs; a step that ends the use of a key set comes before one that
 * begins it elsewhere; a removal comes after the removal of its users; the signers of a pool, and the
 * services of a ledger, come one after the other.
 */
export function orderSteps(
  network: string,
  drafts: readonly Step[],
  live: ReadonlyMap<string, LiveResource>,
  claims: KeyClaims = NO_CLAIMS,
): OrderedSteps {
  const elsewhere = keysElsewhere(network, drafts, live, claims);
  if (elsewhere.length > 0) return { steps: [], problems: elsewhere };
  const edges: Edges = new Map(drafts.map(({ id }) => [id, new Set<string>()]));
  const byResource = new Map(drafts.map((step) => [step.resourceId, step]));
  for (const step of drafts) {
    for (const id of [...(step.resource?.needs ?? []), ...(step.resource?.afterHealthy ?? [])]) {
      const before = byResource.get(id);
      if (before !== undefined && before.action !== 'delete') edges.get(step.id)?.add(before.id);
    }
  }
  keySetEdges(drafts, live, edges, claims);
  removalEdges(drafts, edges);
  const first = orderOf(drafts, edges);
  if (first.cycle.length > 0) return { steps: [], problems: swapped(drafts, first.cycle, live) };
  chainAlone(first.order, drafts, live, edges);
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

/**
 * Uses of keys that end with a step, of the objects that it changes or removes and of their pods, end first.
 */
function keySetEdges(drafts: readonly Step[], live: Live, edges: Edges, claims: KeyClaims): void {
  const byResource = new Map(drafts.map((step) => [step.resourceId, step]));
  const stores = keyStores(live);
  const enders = liveHolders(live, stores).flatMap((holder) => {
    const step = byResource.get(holder.workload);
    return step === undefined || (step.resource?.subject.keySet ?? null) === holder.use
      ? []
      : [{ step, holder }];
  });
  for (const step of drafts) {
    const use = begins(step, live);
    if (use === null) continue;
    const own = futureHolder(step.resourceId, use, stores);
    for (const ender of enders)
      if (ender.step.id !== step.id && judge(ender.holder, own, claims).answer !== 'no')
        edges.get(step.id)?.add(ender.step.id);
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

/** Signers of one pool, and services of one ledger, change one after the other. */
function chainAlone(
  order: readonly string[],
  drafts: readonly Step[],
  live: ReadonlyMap<string, LiveResource>,
  edges: Edges,
): void {
  const byId = new Map(drafts.map((step) => [step.id, step]));
  const last = new Map<string, string>();
  for (const id of order) {
    const step = byId.get(id);
    if (step === undefined || !goesAlone(step, live)) continue;
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

function swapped(drafts: readonly Step[], cycle: readonly string[], live: Live): readonly PlanProblem[] {
  return drafts
    .filter(({ id, subject }) => cycle.includes(id) && subject.keySet !== null)
    .map((step) => {
      const { resourceId, subject } = step;
      if (asksOthers(step, live)) return servicesMoved(resourceId);
      const what = `it would take over the keys ${subject.keySet} from one that takes over others`;
      return planProblem('two-signers', resourceId, what);
    });
}

/** Whether a node keeps its keys, and is to ask other services than it asks now. */
function asksOthers({ resourceId, resource }: Step, live: Live): boolean {
  const [before, after] = [live.get(resourceId)?.subject.keySet ?? '', resource?.subject.keySet ?? ''];
  return before !== after && isGatedUse(before) && isGatedUse(after) && keysOf(before) === keysOf(after);
}

function servicesMoved(resourceId: string): PlanProblem {
  const what =
    'it would ask other permission services while another node with its keys still asks the earlier ones: two ledgers would grant the same unit twice';
  return {
    ...planProblem('two-signers', resourceId, what),
    remedy:
      'leave one node of the set in the file, without the others, and change its `duty.services`; apply that, which stops the others first; then add them again',
  };
}
