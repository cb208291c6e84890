import { fault, usageFault } from '@watchbill/kit';
import type { Network, Plan, Resource, Step } from '../../file/index.ts';
import { applyPlan } from '../apply/apply-plan.ts';
import { placesRefusal } from '../apply/refusal.ts';
import type { SavedPlan } from '../apply/saved-plan.ts';
import { placesPort } from '../rollout/places-port.ts';
import { scopeOf } from '../rollout/scope.ts';
import type { RolloutEnd } from '../rollout/settings.ts';
import type { FleetPorts, Targets } from './fleet-ports.ts';
import { type Declared, planNetwork } from './plan.ts';
import { type RolloutRun, type RolloutWishes, rollOut } from './rollout.ts';
import { lockAtFirstChange, type MayGoOn, underLock } from './rollout-lock.ts';
import { signerCheck } from './signer-check.ts';
import { liveOf } from './targets.ts';

const LOOK_MS = 300_000;
const ASK_MS = 60_000;

export interface RolloutInput extends Pick<RolloutRun, 'onEvent' | 'signal'> {
  readonly declared: Declared;
  /** The network file, as a person knows it. */
  readonly file: string;
  /** Names of pools; left out: all of them. An unfinished roll-out continues with its own pools. */
  readonly pools?: readonly string[] | undefined;
  readonly wishes: RolloutWishes;
}

/** `nothing`: no node that runs would change, and `why`. */
export type RolloutResult = RolloutEnd | { readonly how: 'nothing'; readonly why: string };

/**
 * Rolls out the changes that a plan makes to nodes that run, on clusters and machines: few of them first, and
 * back again if a check fails. Goes on with the roll-out that is not ended. Throws an Fault if the
 * plan is refused, if it changes more than a roll-out can put back, or if a place is not the one that was
 * planned.
 */
export async function rolloutPlaces(ports: FleetPorts, input: RolloutInput): Promise<RolloutResult> {
  const chosen = await planToRoll(ports, input);
  if (chosen === null) return { how: 'nothing', why: 'all is as declared' };
  const { saved, pools } = chosen;
  const { plan } = saved;
  const scope = scopeFor(plan, pools, input.file);
  if (scope.rolled.length === 0)
    return { how: 'nothing', why: 'no running node would change; see `watchbill fleet plan`' };
  const targets = await ports.openTargets(plan.network, saved.places, saved.takeOver);
  const lock = lockAtFirstChange(ports, { saved, targets, signal: input.signal });
  try {
    await refuseOtherPlace(saved, targets);
    const before = await bodiesBefore(scope.rolled, targets);
    const nodes = scope.rolled.map(({ resourceId }) => resourceId).join(', ');
    return await rollOut({
      clock: ports.clock,
      memory: ports.memory.rollout,
      network: input.declared.network,
      wishes: input.wishes,
      header: {
        format: 'watchbill/rollout/1',
        network: plan.network,
        what: [plan.id, ...(pools ?? [])].join(' '),
        title: `plan ${plan.id.slice(0, 12)}: ${nodes}`,
        before,
      },
      prepare: (signal) =>
        applyFirst(ports, { saved, steps: scope.first, targets, mayGoOn: lock.mayGoOn, signal }),
      open: async (was) => {
        const port = placesPort({
          plan,
          steps: scope.rolled,
          targets: targets.byPlace,
          live: await liveOf(targets.byPlace, plan.network, AbortSignal.timeout(LOOK_MS)),
          before: was as Readonly<Record<string, Resource['body']>>,
          clock: ports.clock,
        });
        return underLock(port, lock.mayGoOn);
      },
      onEvent: input.onEvent,
      signal: input.signal,
    });
  } finally {
    await lock.release();
    targets.close();
  }
}

interface Chosen {
  readonly saved: SavedPlan;
  /** Null: all of them. */
  readonly pools: readonly string[] | null;
}

/** The plan of the roll-out that is not ended, with its pools; else a new one. Null if no place differs. */
async function planToRoll(
  ports: FleetPorts,
  { declared, file, pools, signal }: RolloutInput,
): Promise<Chosen | null> {
  const open = ports.memory.rollout.unfinished();
  if (open !== null) {
    if (open.network !== declared.graph.network)
      throw fault('rollout-other', 'denied', {
        what: `a roll-out of network ${open.network} is not ended: ${open.title}`,
        where: ports.memory.rollout.where,
        remedy: `continue it with the file of that network; or give ${declared.graph.network} another folder with --state`,
      });
    const [id = '', ...begun] = open.what.split(' ');
    return { saved: await ports.memory.plan(id), pools: begun.length === 0 ? null : begun };
  }
  const made = await planNetwork(ports, { declared, timeoutMs: LOOK_MS, signal, onEvent: () => undefined });
  const { plan } = made;
  if (plan.problems.length > 0)
    throw fault('plan-refused', 'denied', {
      what: plan.problems.map(({ resourceId, what }) => `${resourceId}: ${what}`).join('; '),
      where: file,
      remedy: 'see `watchbill fleet plan`, and solve them first',
    });
  if (made.file === null) return null;
  return { saved: await ports.memory.plan(plan.id), pools: poolsOf(declared.network, pools) };
}

function poolsOf({ pools }: Network, wanted: readonly string[] | undefined): readonly string[] | null {
  const names = pools.map(({ name }) => name);
  const unknown = (wanted ?? []).find((pool) => !names.includes(pool));
  if (unknown === undefined)
    return wanted === undefined ? null : names.filter((name) => wanted.includes(name));
  throw usageFault(`there is no pool ${unknown}`, `one of ${names.join(', ')}`, 'flag --pool');
}

/** A plan is only valid for the clusters and machines for which it was made. */
async function refuseOtherPlace(saved: SavedPlan, { byPlace }: Targets): Promise<void> {
  const refused = await placesRefusal(saved, byPlace, AbortSignal.timeout(ASK_MS));
  if (refused === null) return;
  const isAway = refused.reason === 'unreachable' || refused.reason === 'forbidden';
  throw fault(refused.reason, isAway ? 'unreachable' : 'usage', {
    what: refused.detail,
    where: `plan ${saved.plan.id.slice(0, 12)}`,
    remedy: isAway
      ? 'check that the place can be reached, then run the command again'
      : 'name the kubeconfig of the right cluster',
  });
}

function scopeFor(plan: Plan, pools: readonly string[] | null, file: string) {
  const scope = scopeOf(plan, pools);
  if (scope.ok) return scope;
  throw fault('rollout-scope', 'denied', {
    what: `${scope.why}: ${scope.steps.map(({ id }) => id).join(', ')}`,
    where: file,
    remedy:
      'a roll-out changes nodes that run and can go back; do this with `watchbill fleet plan` and `apply` first',
  });
}

/**
 * The present objects, so that they can be put back. Throws if one cannot be read, before the first change.
 */
async function bodiesBefore(
  steps: readonly Step[],
  { byPlace }: Targets,
): Promise<Readonly<Record<string, unknown>>> {
  const before: Record<string, unknown> = {};
  for (const { resourceId, place } of steps) {
    const body = await byPlace.get(place)?.applied?.(resourceId, AbortSignal.timeout(ASK_MS));
    if (!body)
      throw fault('rollout-before', 'unknown', {
        what: `the present state of ${resourceId} cannot be read, so it could not be put back`,
        where: place,
        remedy: 'check that the place can be reached, then run the command again',
      });
    before[resourceId] = body;
  }
  return before;
}

interface First {
  readonly saved: SavedPlan;
  readonly steps: readonly Step[];
  readonly targets: Targets;
  readonly mayGoOn: MayGoOn;
  readonly signal: AbortSignal;
}

/**
 * Maps, binaries and policies that the change needs and that restart no node. They stay if the roll-out goes
 * back.
 */
async function applyFirst(
  { clock, memory }: FleetPorts,
  { saved, steps, targets, mayGoOn, signal }: First,
): Promise<string | null> {
  if (steps.length === 0) return null;
  const opened = await memory.openJournal(saved, 'before-rollout');
  if (!opened.ok) return opened.detail;
  try {
    const result = await applyPlan({
      plan: { ...saved.plan, steps },
      targets: targets.byPlace,
      journal: opened.journal,
      clock,
      checkSigner: signerCheck(targets.byPlace),
      mayGoOn,
      gateTimeoutMs: 60_000,
      pollMs: 1_000,
      onEvent: () => undefined,
      signal,
    });
    if (result.left.length === 0) return null;
    return result.stops.map(({ step, detail }) => `${step.id}: ${detail}`).join('; ') || 'stopped on request';
  } finally {
    opened.journal.close();
  }
}
