import { isOfService } from '../graph/service-subject.ts';
import type { LiveResource } from '../live/port.ts';
import { CREDENTIAL_FOLDER } from '../secret-names/credential.ts';
import {
  futureHolder,
  isPod,
  judge,
  type KeyClaims,
  type KeyHolder,
  keyStores,
  type LiveHolder,
  liveHolders,
  NO_CLAIMS,
  type Verdict,
} from '../signers/index.ts';
import type { PlanProblem, Step } from './change.ts';
import { isWorkload } from './risk.ts';
import { planProblem } from './steps.ts';

const HOLDS_KEYS = new Set(['Secret', 'PersistentVolumeClaim', 'PersistentVolume', 'Namespace', 'directory']);

/** Checks that a plan obeys its limits, from the plan alone and for any author. */
export function checkSteps(
  steps: readonly Step[],
  live: ReadonlyMap<string, LiveResource>,
  claims: KeyClaims = NO_CLAIMS,
): readonly PlanProblem[] {
  return [
    ...keyLoss(steps),
    ...twoSigners(steps, live, claims),
    ...twoAtATime(steps, live),
    ...servicesLost(steps, live),
  ];
}

/** No step touches what holds keys. */
function keyLoss(steps: readonly Step[]): readonly PlanProblem[] {
  return steps
    .filter(({ action, resourceId }) => action !== 'create' && holdsKeys(resourceId))
    .map(({ action, resourceId }) =>
      planProblem('key-loss', resourceId, `the plan would ${action} it, and it may contain keys`),
    );
}

/** A credential on a machine is not a resource, so no step is about one; a file in its place would be. */
function holdsKeys(resourceId: string): boolean {
  return HOLDS_KEYS.has(kindOf(resourceId)) || resourceId.includes(`/${CREDENTIAL_FOLDER}/`);
}

/**
 * Finds two signers of one key. Steps may be done in any order that respects `needs`. So a step that begins
 * to use keys must come after every step that ends another's use of them, and every use of them must have a
 * step that ends it. A step that keeps its keys is not refused because the keys of others are unknown.
 */
export function twoSigners(
  steps: readonly Step[],
  live: ReadonlyMap<string, LiveResource>,
  claims: KeyClaims = NO_CLAIMS,
): readonly PlanProblem[] {
  const stores = keyStores(live);
  const holders = liveHolders(live, stores);
  const world = {
    byResource: new Map(steps.map((step) => [step.resourceId, step])),
    before: ancestors(steps, live),
  };
  const begun: KeyHolder[] = [];
  return steps.flatMap((step): readonly PlanProblem[] => {
    const use = step.resource?.subject.keySet ?? null;
    if (use === null) return [];
    const own = futureHolder(step.resourceId, use, stores);
    const verdict = (other: KeyHolder) =>
      judge(other, own, begins(step, live) === null ? { differentKeys: true } : claims);
    const twin = begun.find((other) => verdict(other).answer !== 'no');
    begun.push(own);
    if (twin !== undefined) return [wouldSign(step, twin, verdict(twin))];
    return holders
      .filter(({ workload }) => workload !== step.resourceId)
      .map((other) => ({ other, found: verdict(other) }))
      .filter(({ other, found }) => found.answer !== 'no' && !isEnded(other, own, step, world))
      .map(({ other, found }) => stillSigns(step, other, found));
  });
}

/** The use of keys that a step begins; null if it keeps the same or uses none. */
export function begins(
  step: Pick<Step, 'resource' | 'resourceId'>,
  live: ReadonlyMap<string, LiveResource>,
): string | null {
  const after = step.resource?.subject.keySet ?? null;
  return after === (live.get(step.resourceId)?.subject.keySet ?? null) ? null : after;
}

function wouldSign({ resourceId }: Step, { id }: KeyHolder, verdict: Verdict): PlanProblem {
  if (verdict.answer === 'unknown') return unknownKeys(resourceId, id, verdict.because);
  return planProblem('two-signers', resourceId, `${id} would sign with its keys too`);
}

/** A deleted or re-keyed StatefulSet proves nothing about the pods that it created. */
function stillSigns({ resourceId }: Step, other: LiveHolder, verdict: Verdict): PlanProblem {
  if (verdict.answer === 'unknown') return unknownKeys(resourceId, other.id, verdict.because);
  const what = `${other.id} has its keys, and may still sign when it starts`;
  const problem = planProblem('two-signers', resourceId, what);
  return isPod(other) ? { ...problem, remedy: POD_REMEDY } : problem;
}

const POD_REMEDY =
  'wait until that pod is gone or was replaced, and plan again; if its host is cut off, check that no process runs there before you remove the pod by force';

function unknownKeys(resourceId: string, other: string, because: string): PlanProblem {
  return {
    ...planProblem('two-signers', resourceId, `${other} may have its keys: ${because}`),
    remedy: UNKNOWN_REMEDY,
  };
}

const UNKNOWN_REMEDY =
  'put the seeds again with `watchbill fleet keys secrets put --replace`, which notes their public keys; or add --different-keys: with it you claim that neither has a key of the other';

/** Whether a step ends another's use of keys, waits until it is over, and comes before `step`. */
function isEnded(
  other: LiveHolder,
  own: KeyHolder,
  step: Step,
  { byResource, before }: { readonly byResource: ReadonlyMap<string, Step>; readonly before: Ancestors },
): boolean {
  const ender = byResource.get(other.workload);
  const after = ender?.resource?.subject.keySet ?? null;
  if (ender === undefined) return false;
  // Its next keys are those of a step that begins, which is compared with this one by itself.
  if (
    after !== null &&
    judge({ ...other, use: after, seen: null }, own, { differentKeys: true }).answer !== 'no'
  )
    return false;
  const waits = ender.gate === (ender.action === 'delete' ? 'gone' : 'healthy');
  return waits && (before.get(step.id)?.has(ender.id) ?? false);
}

/** Three services need two; a plan takes at most one away from a service that stays. */
const MOST_REMOVED = 1;
const PODS_OF_A_SET = 3;

/**
 * Two of three services are never removed at once, unless the whole service goes. The others would wait for
 * the memory of both.
 */
function servicesLost(
  steps: readonly Step[],
  live: ReadonlyMap<string, LiveResource>,
): readonly PlanProblem[] {
  const workloads = steps.filter(isServiceWorkload);
  const removed = workloads.filter(({ action }) => action === 'delete');
  const ended = new Set(removed.map(({ resourceId }) => resourceId));
  const stay = new Set([
    ...workloads.filter(({ action }) => action !== 'delete').map(({ subject }) => subject.pool),
    ...[...live.values()]
      .filter((one) => isOfService(one.subject) && isWorkload(one.kind) && !ended.has(one.id))
      .map(({ subject }) => subject.pool),
  ]);
  const counts = new Map<string | null, number>();
  return removed.flatMap(({ resourceId, subject: { pool } }): readonly PlanProblem[] => {
    const count = (counts.get(pool) ?? 0) + (kindOf(resourceId) === 'StatefulSet' ? PODS_OF_A_SET : 1);
    counts.set(pool, count);
    if (!stay.has(pool) || count <= MOST_REMOVED) return [];
    const what = `the plan would remove ${count} services of ${pool}, which has three`;
    return [planProblem('service-quorum', resourceId, what)];
  });
}

function isServiceWorkload({ resourceId, subject }: Step): boolean {
  return isOfService(subject) && isWorkload(kindOf(resourceId));
}

/**
 * Of the steps that touch signers of one pool, or the services of one ledger, each comes after the one before
 * it, which waits for its gate.
 */
function twoAtATime(steps: readonly Step[], live: ReadonlyMap<string, LiveResource>): readonly PlanProblem[] {
  const last = new Map<string, Step>();
  const before = ancestors(steps, live);
  return steps.flatMap((step): readonly PlanProblem[] => {
    if (!goesAlone(step, live)) return [];
    const pool = step.subject.pool ?? '';
    const previous = last.get(pool);
    last.set(pool, step);
    if (previous === undefined) return [];
    const waits = previous.gate !== 'none' && (before.get(step.id)?.has(previous.id) ?? false);
    if (waits) return [];
    return [
      planProblem(
        isServiceWorkload(step) ? 'service-quorum' : 'signer-replicas',
        step.resourceId,
        `it would be changed together with ${previous.resourceId}`,
      ),
    ];
  });
}

/** Whether something signs before the step, or after it. */
export function touchesSigner(
  { resourceId, resource }: Step,
  live: ReadonlyMap<string, LiveResource>,
): boolean {
  return (resource?.subject.keySet ?? live.get(resourceId)?.subject.keySet ?? null) !== null;
}

/** Whether no other step of its pool may be done at the same time. */
export function goesAlone(step: Step, live: ReadonlyMap<string, LiveResource>): boolean {
  return touchesSigner(step, live) || isServiceWorkload(step);
}

type Ancestors = ReadonlyMap<string, ReadonlySet<string>>;

/** For each step that goes alone, the steps that do and are surely done before it. */
function ancestors(steps: readonly Step[], live: ReadonlyMap<string, LiveResource>): Ancestors {
  const byId = new Map(steps.map((step) => [step.id, step]));
  const signing = new Set(steps.filter((step) => goesAlone(step, live)).map(({ id }) => id));
  const found = new Map<string, ReadonlySet<string>>();
  for (const step of steps) {
    const all = new Set<string>();
    for (const id of step.needs) {
      if (!byId.has(id)) continue;
      if (signing.has(id)) all.add(id);
      for (const one of found.get(id) ?? []) all.add(one);
    }
    found.set(step.id, all);
  }
  return found;
}

function kindOf(resourceId: string): string {
  return resourceId.split('/')[1] ?? '';
}
