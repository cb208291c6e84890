import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Network, Plan, Resource, Step } from '@watchbill/fleet';
import type { SavedPlan } from '@watchbill/fleet-run/apply';
import type { ReadGraph } from '@watchbill/fleet-run/network-file';
import type { Targets } from '@watchbill/fleet-run/operations';
import type { RolloutHeader } from '@watchbill/fleet-run/rollout';
import { EXIT, type ExitCode } from '../../../process/exit.ts';
import { fault, usageFault } from '../../../process/fault.ts';
import type { Io } from '../../../process/io.ts';
import { readGraph } from '../network-file.ts';
import { portsOf, stateFolder } from '../ports.ts';
import { choiceOf, type RolloutFlags } from './flags.ts';
import { runAndSay, sayNothing } from './run.ts';

const JOURNAL = 'rollout.journal';
const LOOK_SECONDS = 300;

/** What a plan changes of nodes that run, on clusters and machines. */
export async function rolloutPlaces(io: Io, options: RolloutFlags): Promise<ExitCode> {
  if (options.binary !== undefined)
    throw usageFault(
      '--binary is for a network on this machine',
      'name its folder with --local; elsewhere change software in the network file',
      'flag --binary',
    );
  const read = await readGraph(io, options.file, 'place');
  const choice = await choiceOf(options, read.network);
  const folder = stateFolder(io, options);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const journalFile = join(folder, JOURNAL);
  const chosen = await planToRoll(io, options, read, journalFile);
  if (chosen === null) {
    sayNothing(io, options.json, 'all is as declared');
    return EXIT.ok;
  }
  const { saved, pools } = chosen;
  const { plan } = saved;
  const scope = await scopeFor(plan, pools, options.file);
  if (scope.rolled.length === 0) {
    sayNothing(io, options.json, 'no node that runs would change; see `watchbill fleet plan`');
    return EXIT.ok;
  }
  const { openTargets } = await portsOf(io, options);
  const targets = await openTargets(plan.network, saved.places, saved.takeOver);
  try {
    await refuseOtherPlace(saved, targets);
    const before = await bodiesBefore(scope.rolled, targets);
    const nodes = scope.rolled.map(({ resourceId }) => resourceId).join(', ');
    return await runAndSay(io, {
      choice,
      journalFile,
      header: {
        format: 'watchbill/rollout/1',
        network: plan.network,
        what: [plan.id, ...(pools ?? [])].join(' '),
        title: `plan ${plan.id.slice(0, 12)}: ${nodes}`,
        before,
      },
      prepare: (signal) => applyFirst(io, saved, scope.first, targets, folder, signal),
      open: async (was) => {
        const { placesPort } = await import('@watchbill/fleet-run/rollout');
        const { liveOf } = await import('@watchbill/fleet-run/operations');
        const signal = AbortSignal.timeout(LOOK_SECONDS * 1_000);
        return placesPort({
          plan,
          steps: scope.rolled,
          targets: targets.byPlace,
          live: await liveOf(targets.byPlace, plan.network, signal),
          before: was as Readonly<Record<string, Resource['body']>>,
          clock: io.clock,
        });
      },
      json: options.json === true,
    });
  } finally {
    targets.close();
  }
}

interface Chosen {
  readonly saved: SavedPlan;
  /** Null: all of them. */
  readonly pools: readonly string[] | null;
}

/** That of the roll-out that is not ended, with the pools that it was begun for; else a new one. Null where nothing differs. */
async function planToRoll(
  io: Io,
  options: RolloutFlags,
  { graph, network }: ReadGraph,
  journalFile: string,
): Promise<Chosen | null> {
  const { unfinishedRollout } = await import('@watchbill/fleet-run/rollout');
  const { planNetwork } = await import('@watchbill/fleet-run/operations');
  const open: RolloutHeader | null = unfinishedRollout(journalFile);
  const ports = await portsOf(io, options);
  if (open !== null) {
    const [id = '', ...begun] = open.what.split(' ');
    return { saved: await ports.memory.plan(id), pools: begun.length === 0 ? null : begun };
  }
  const { plan, file } = await planNetwork(ports, {
    declared: { graph, network },
    timeoutMs: LOOK_SECONDS * 1_000,
    onEvent: () => undefined,
  });
  if (plan.problems.length > 0)
    throw fault('plan-refused', EXIT.denied, {
      what: plan.problems.map(({ resourceId, what }) => `${resourceId}: ${what}`).join('; '),
      where: options.file,
      remedy: 'see `watchbill fleet plan`, and solve them first',
    });
  if (file === null) return null;
  return { saved: await ports.memory.plan(plan.id), pools: poolsOf(network, options.pool) };
}

function poolsOf({ pools }: Network, wanted: readonly string[] | undefined): readonly string[] | null {
  const names = pools.map(({ name }) => name);
  const unknown = (wanted ?? []).find((pool) => !names.includes(pool));
  if (unknown === undefined)
    return wanted === undefined ? null : names.filter((name) => wanted.includes(name));
  throw usageFault(`there is no pool ${unknown}`, `one of ${names.join(', ')}`, 'flag --pool');
}

/** A plan that was made a while ago is for the clusters and machines of then. */
async function refuseOtherPlace(saved: SavedPlan, { byPlace }: Targets): Promise<void> {
  const { placesRefusal } = await import('@watchbill/fleet-run/apply');
  const refused = await placesRefusal(saved, byPlace, AbortSignal.timeout(60_000));
  if (refused === null) return;
  const what = { what: refused.detail, where: `plan ${saved.plan.id.slice(0, 12)}` };
  const isAway = refused.reason === 'unreachable' || refused.reason === 'forbidden';
  throw fault(refused.reason, isAway ? EXIT.unreachable : EXIT.usage, {
    ...what,
    remedy: isAway
      ? 'see that the place can be reached, then run it again'
      : 'name the kubeconfig of the right cluster',
  });
}

async function scopeFor(plan: Plan, pools: readonly string[] | null, file: string) {
  const { scopeOf } = await import('@watchbill/fleet-run/rollout');
  const scope = scopeOf(plan, pools);
  if (scope.ok) return scope;
  throw fault('rollout-scope', EXIT.denied, {
    what: `${scope.why}: ${scope.steps.map(({ id }) => id).join(', ')}`,
    where: file,
    remedy:
      'a roll-out changes nodes that run and can go back; do this with `watchbill fleet plan` and `apply` first',
  });
}

/** What is there now, so that it can be put back; without it nothing is begun. */
async function bodiesBefore(
  steps: readonly Step[],
  { byPlace }: Targets,
): Promise<Readonly<Record<string, unknown>>> {
  const before: Record<string, unknown> = {};
  for (const { resourceId, place } of steps) {
    const body = await byPlace.get(place)?.applied?.(resourceId, AbortSignal.timeout(60_000));
    if (!body)
      throw fault('rollout-before', EXIT.unknown, {
        what: `what ${resourceId} is now cannot be read, so it could not be put back`,
        where: place,
        remedy: 'see that the place can be reached, then run it again',
      });
    before[resourceId] = body;
  }
  return before;
}

/** Maps, binaries and policies that the change needs and that restart nothing: they stay where the roll-out goes back. */
async function applyFirst(
  io: Io,
  saved: SavedPlan,
  steps: readonly Step[],
  targets: Targets,
  folder: string,
  signal: AbortSignal,
): Promise<string | null> {
  if (steps.length === 0) return null;
  const { applyPlan, journalName, openJournal } = await import('@watchbill/fleet-run/apply');
  const { signerCheck } = await import('@watchbill/fleet-run/operations');
  const plan = { ...saved.plan, steps };
  const { id, network } = plan;
  mkdirSync(join(folder, 'journals'), { recursive: true, mode: 0o700 });
  const header = { format: 'watchbill/journal/1', plan: id, network, identities: saved.identities } as const;
  const opened = openJournal(join(folder, 'journals', `rollout-${journalName(saved)}`), header);
  if (!opened.ok) return opened.detail;
  try {
    const result = await applyPlan({
      plan,
      targets: targets.byPlace,
      journal: opened.journal,
      clock: io.clock,
      checkSigner: signerCheck(targets.byPlace),
      gateTimeoutMs: 60_000,
      pollMs: 1_000,
      onEvent: () => undefined,
      signal,
    });
    if (result.left.length === 0) return null;
    return result.stops.map(({ step, detail }) => `${step.id}: ${detail}`).join('; ') || 'told to stop';
  } finally {
    opened.journal.close();
  }
}
