import { excludes } from '../graph/key-set.ts';
import { isUnknownUse, mayExclude } from '../graph/unknown-use.ts';
import type { LiveResource } from '../live/port.ts';
import { CREDENTIAL_FOLDER } from '../secret-names/credential.ts';
import type { PlanProblem, Step } from './change.ts';
import { isPod, type KeyUser, keyUsers } from './key-users.ts';
import { planProblem } from './steps.ts';

const HOLDS_KEYS = new Set(['Secret', 'PersistentVolumeClaim', 'PersistentVolume', 'Namespace', 'directory']);

/** Checks that a plan obeys its limits, from the plan alone and for any author. */
export function checkSteps(
  steps: readonly Step[],
  live: ReadonlyMap<string, LiveResource>,
): readonly PlanProblem[] {
  return [...keyLoss(steps), ...twoSigners(steps, live), ...twoAtATime(steps, live)];
}

/** No step touches what holds keys. */
function keyLoss(steps: readonly Step[]): readonly PlanProblem[] {
  return steps
    .filter(({ action, resourceId }) => action !== 'create' && holdsKeys(resourceId))
    .map(({ action, resourceId }) =>
      planProblem('key-loss', resourceId, `the plan would ${action} it, and keys may lie in it`),
    );
}

/** A credential on a machine is no resource, so that no step is about one; a file in its place would be. */
function holdsKeys(resourceId: string): boolean {
  return HOLDS_KEYS.has(kindOf(resourceId)) || resourceId.includes(`/${CREDENTIAL_FOLDER}/`);
}

/**
 * Finds two signers of one key set. Steps may be done in any order that respects `needs`. So a step that
 * begins to use a key set must come after every step that ends another's use of it, and every use of it must
 * have a step that ends it.
 */
export function twoSigners(
  steps: readonly Step[],
  live: ReadonlyMap<string, LiveResource>,
): readonly PlanProblem[] {
  const users = keyUsers(live);
  const byResource = new Map(steps.map((step) => [step.resourceId, step]));
  const before = ancestors(steps, live);
  const begun: { readonly id: string; readonly use: string }[] = [];
  return steps.flatMap((step): readonly PlanProblem[] => {
    const set = step.resource?.subject.keySet ?? null;
    if (set === null) return [];
    const other = begun.find(({ use }) => excludes(use, set));
    if (other !== undefined)
      return [planProblem('two-signers', step.resourceId, `${other.id} would sign with its keys too`)];
    begun.push({ id: step.resourceId, use: set });
    return users
      .filter(({ workload, use }) => workload !== step.resourceId && mayExclude(use, set))
      .filter(({ workload }) => !isEnded(byResource.get(workload), set, step, before))
      .map((user) => stillSigns(step, user));
  });
}

/** A deleted or re-keyed StatefulSet proves nothing about the pods that it created. */
function stillSigns({ resourceId }: Step, user: KeyUser): PlanProblem {
  const problem = planProblem(
    'two-signers',
    resourceId,
    isUnknownUse(user.use)
      ? `${user.id} runs with unknown keys of a Secret, and may still sign when it starts`
      : `${user.id} has its keys, and may still sign when it starts`,
  );
  return isPod(user) ? { ...problem, remedy: POD_REMEDY } : problem;
}

const POD_REMEDY =
  'wait until that pod is gone or was replaced, and plan again; where its host is cut off, see that nothing runs there before the pod is removed by force';

/** Whether a step ends another's use of a key set, waits until it is over, and comes before `step`. */
function isEnded(
  ender: Step | undefined,
  set: string,
  step: Step,
  before: ReadonlyMap<string, ReadonlySet<string>>,
): boolean {
  if (ender === undefined || excludes(ender.resource?.subject.keySet ?? null, set)) return false;
  const waits = ender.gate === (ender.action === 'delete' ? 'gone' : 'healthy');
  return waits && (before.get(step.id)?.has(ender.id) ?? false);
}

/** Of the steps that touch signers of one pool, each comes after the one before it, which waits for its gate. */
function twoAtATime(steps: readonly Step[], live: ReadonlyMap<string, LiveResource>): readonly PlanProblem[] {
  const last = new Map<string, Step>();
  const before = ancestors(steps, live);
  return steps.flatMap((step): readonly PlanProblem[] => {
    if (!touchesSigner(step, live)) return [];
    const pool = step.subject.pool ?? '';
    const previous = last.get(pool);
    last.set(pool, step);
    if (previous === undefined) return [];
    const waits = previous.gate !== 'none' && (before.get(step.id)?.has(previous.id) ?? false);
    if (waits) return [];
    return [
      planProblem(
        'signer-replicas',
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

/** For each step that touches a signer, the steps that touch one and are surely done before it. */
function ancestors(
  steps: readonly Step[],
  live: ReadonlyMap<string, LiveResource>,
): ReadonlyMap<string, ReadonlySet<string>> {
  const byId = new Map(steps.map((step) => [step.id, step]));
  const signing = new Set(steps.filter((step) => touchesSigner(step, live)).map(({ id }) => id));
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
