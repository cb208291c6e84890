import { type Expected, haveNamedKeys, type Resource } from '../../file/graph/index.ts';
import { type LiveResource, mergedLive, type Unread } from '../../file/live/index.ts';
import type { Plan, Step } from '../../file/plan/index.ts';
import { twoSigners } from '../../file/plan/index.ts';
import { liveKeyClaim, sourceOfClaim } from '../../file/signers/index.ts';
import type { Entry } from './journal-text.ts';
import { keysInProcesses } from './keys-in-processes.ts';
import type { ApplySettings, Stop } from './settings.ts';

/** How far each step is, by its id; those that were never begun are not in it. */
type Progress = ReadonlyMap<string, Entry['state']>;

type World =
  | {
      readonly ok: true;
      readonly live: ReadonlyMap<string, LiveResource>;
      readonly missing: readonly Expected[];
      readonly unread: readonly Unread[];
    }
  | { readonly ok: false; readonly reason: 'unreachable' | 'forbidden'; readonly detail: string };

/**
 * Checks, before the first step, that the places are still as the plan read them, including objects that must
 * not exist, that Secrets are there which the planning user could not read, and that no process uses keys
 * that the plan gives to others. Null if so; otherwise no step was done.
 */
export async function worldStop(settings: ApplySettings, progress: Progress): Promise<Stop | null> {
  const left = settings.plan.steps.filter(({ id }) => progress.get(id) !== 'verified');
  const [first] = left;
  if (first === undefined) return null;
  const beginning = left.flatMap((step) =>
    mayBeginKeys(step) && step.resource !== null ? [step.resource] : [],
  );
  const compared = comparedOnMachines(left, progress, settings).filter((one) => !beginning.includes(one));
  // A look shows the public keys of a signer that is not there yet only if it is asked about it.
  const world = await worldNow(settings, [...compared, ...beginning], settings.plan.unread);
  if (!world.ok) return { step: first, reason: world.reason, detail: world.detail };
  const unfit = secretsStop(first, world);
  if (unfit !== null) return unfit;
  const moved = left.find((step) => !progress.has(step.id) && isMoved(step, world.live));
  if (moved !== undefined)
    return {
      step: moved,
      reason: 'changed',
      detail: `${moved.resourceId} is not as it was when the plan was made; plan again`,
    };
  return twoStop(settings.plan, left, left, await withProcesses(settings, beginning, world.live));
}

function secretsStop(
  step: Step,
  { missing, unread }: { readonly missing: readonly Expected[]; readonly unread: readonly Unread[] },
): Stop | null {
  const [hidden] = unread;
  if (hidden !== undefined) return { step, reason: 'forbidden', detail: hidden.detail };
  const [absent] = missing;
  if (absent === undefined) return null;
  const { place, kind, name, entries, why } = absent;
  const what = entries.length === 0 ? '' : ` with ${entries.join(', ')}`;
  return { step, reason: 'missing', detail: `${place} has no ${kind} ${name}${what}: ${why}` };
}

/**
 * Checks, before a step that begins to use keys, that no process uses them except those that the plan knows
 * and has ended.
 */
export async function keysStop(
  step: Step,
  settings: ApplySettings,
  progress: Progress,
): Promise<Stop | null> {
  if (!mayBeginKeys(step)) return null;
  const begun = step.resource === null ? [] : [step.resource];
  const world = await worldNow(settings, begun);
  if (!world.ok) return { step, reason: world.reason, detail: world.detail };
  const left = settings.plan.steps.filter(({ id }) => progress.get(id) !== 'verified');
  return twoStop(settings.plan, left, [step], await withProcesses(settings, begun, world.live));
}

/** A change without the risk signing keeps the keys of the node. */
export function mayBeginKeys({ action, resource, risk, fields }: Step): boolean {
  if (resource === null || resource.subject.keySet === null) return false;
  return action === 'create' || risk === 'signing' || fields.some((field) => field.risk === 'signing');
}

/** With the keys that running processes report. A process that does not answer adds no keys. */
async function withProcesses(
  { targets, signal }: ApplySettings,
  begun: readonly Resource[],
  live: ReadonlyMap<string, LiveResource>,
): Promise<ReadonlyMap<string, LiveResource>> {
  const { stores } = await keysInProcesses(targets, begun, live, signal);
  return new Map([...live, ...stores.map((one) => [one.id, one] as const)]);
}

function twoStop(
  { differentKeys }: Plan,
  left: readonly Step[],
  asked: readonly Step[],
  live: ReadonlyMap<string, LiveResource>,
): Stop | null {
  const problems = twoSigners(left, live, { differentKeys: differentKeys === true });
  for (const step of asked) {
    const problem = problems.find(({ resourceId }) => resourceId === step.resourceId);
    if (problem !== undefined)
      return { step, reason: 'changed', detail: `${step.resourceId}: ${problem.what}; plan again` };
    const claim = newClaim(step, live);
    if (claim !== undefined)
      return { step, reason: 'changed', detail: `${claim.id} has keys for it since the plan; plan again` };
  }
  return null;
}

/**
 * A volume with keys that the plan did not see: it was made since, or filled from another one. A set that an
 * earlier run made has made its own.
 */
function newClaim({ action, resource, risk }: Step, live: ReadonlyMap<string, LiveResource>) {
  if (action !== 'create' || resource === null || live.has(resource.id)) return undefined;
  const claim = liveKeyClaim(resource, live);
  return claim !== undefined && risk === 'signing' && sourceOfClaim(claim) === null ? undefined : claim;
}

/**
 * An object that is already gone need not be removed. Its place refuses an update of an object that is gone.
 */
function isMoved({ action, resourceId, basedOn }: Step, live: ReadonlyMap<string, LiveResource>): boolean {
  const now = live.get(resourceId);
  return action === 'create' ? now !== undefined : now !== undefined && now.fingerprint !== basedOn;
}

/**
 * An item of a machine is read together with the item to compare with, so a later look must ask in the same
 * way. An object of a cluster needs no such comparison, and asking would mean a dry run for each.
 */
function comparedOnMachines(
  left: readonly Step[],
  progress: Progress,
  { targets }: ApplySettings,
): readonly Resource[] {
  return left.flatMap(({ id, action, place, resource }) => {
    const isAsked = targets.get(place)?.place.target === 'machine' && action !== 'create';
    return isAsked && resource !== null && !progress.has(id) ? [resource] : [];
  });
}

/**
 * All that the network has, in all places of the plan; and what else has a part in `asked`, such as others
 * with the same keys.
 */
async function worldNow(
  { targets, plan, signal }: ApplySettings,
  asked: readonly Resource[],
  expects: readonly Expected[] = [],
): Promise<World> {
  const reads = await Promise.all(
    [...targets].map(([name, target]) =>
      target.read(
        plan.network,
        asked.filter(({ place }) => place === name),
        expects.filter(({ place }) => place === name),
        signal,
        haveNamedKeys(asked),
      ),
    ),
  );
  const shown: ReadonlyMap<string, LiveResource>[] = [];
  const missing: Expected[] = [];
  const unread: Unread[] = [];
  for (const read of reads) {
    if (!read.ok) return { ok: false, reason: read.reason, detail: `${read.place}: ${read.detail}` };
    shown.push(read.state.live);
    missing.push(...read.state.missing);
    unread.push(...(read.state.unread ?? []));
  }
  return { ok: true, live: mergedLive(shown), missing, unread };
}
