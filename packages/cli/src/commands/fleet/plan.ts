import type { Graph, PlaceRead, Plan } from '@watchbill/fleet';
import type { Memory, SavedPlace } from '@watchbill/fleet-run/apply';
import type { RolloutGates } from '@watchbill/fleet-run/rollout';
import type { Command } from 'commander';
import { lines, print } from '../../output/print.ts';
import { type Context, endsWithTwoOnChange, withExamples } from '../../process/context.ts';
import { EXIT, type ExitCode } from '../../process/exit.ts';
import { usageFault } from '../../process/fault.ts';
import type { Io } from '../../process/io.ts';
import { secondsFlag } from '../numbers.ts';
import { publishedNotes } from './gateway/published.ts';
import { addToMemory, loadMemory } from './memory-store.ts';
import { NETWORK_FILE, readGraph } from './network-file.ts';
import { lookAtPastPlaces, type PastPlaces, rememberLines } from './past-places.ts';
import { type StateFlags, savePlan, stateFolder } from './plan-store.ts';
import {
  addTargetOptions,
  identitiesOf,
  type OpenTargets,
  openTargets,
  type TargetFlags,
} from './targets.ts';
import { unfinishedProblems } from './unfinished.ts';

export interface PlanFlags extends StateFlags, TargetFlags {
  readonly takeOver?: boolean;
  readonly forgetPlace?: readonly string[];
  readonly abandon?: readonly string[];
  readonly each?: boolean;
  readonly timeout: number;
  readonly json?: boolean;
}

/** `fleet plan` and `fleet down` end with this where something would change; other tools have the same custom. */
export const EXIT_CHANGES: ExitCode = 2;

/** `fleet plan`: compares what is declared with what lives, and changes nothing. */
export function addFleetPlan(parent: Command, { io, exit }: Context): void {
  const command = parent
    .command('plan')
    .description(
      'show what would have to change, and what each change can cost; changes nothing. Exit 0 where all is as declared, 2 where something would change, 3 where the plan is refused',
    );
  addPlanOptions(command)
    .option(
      '--take-over',
      'fields that other managers set are set again, in place of being refused as conflicts',
    )
    .action(async (options: PlanFlags) => {
      const { graph, network } = await readGraph(io, options.file, 'place');
      const { rolloutSettings } = await import('@watchbill/fleet-run/rollout');
      exit(await planAndSave(io, options, graph, rolloutSettings(network.file.rollout).gates));
    });
  withExamples(command, [
    'watchbill fleet plan',
    'watchbill fleet plan --file network.yaml --kubeconfig clusters.kubeconfig --json',
    'watchbill fleet plan --take-over',
  ]);
}

export function addPlanOptions(command: Command): Command {
  return addTargetOptions(endsWithTwoOnChange(command))
    .option('--file <file>', 'network file', NETWORK_FILE)
    .option(
      '--state <folder>',
      'folder for plans and journals; left out: .watchbill-fleet beside the network file',
    )
    .option(
      '--forget-place <name>',
      'a place that the file does not name any more is gone for good, with all that ran there: never ask it again. Repeat it for more',
      repeated,
    )
    .option(
      '--abandon <plan>',
      'a plan that began to change signers is given up: nothing runs with the keys that it took away. Repeat it for more',
      repeated,
    )
    .option('--each', 'print every step by itself, also where many are alike')
    .option('--timeout <seconds>', 'longest time for looking at all places', secondsFlag('--timeout'), 300)
    .option('--json', 'print the plan as JSON');
}

function repeated(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

/** Reads every place, plans, prints, saves; answers the exit status. */
export async function planAndSave(
  io: Io,
  options: PlanFlags,
  graph: Graph,
  gates?: RolloutGates,
): Promise<ExitCode> {
  const { planLines } = await import('@watchbill/fleet');
  const { plan, file, places, notes } = await makePlan(io, options, graph, gates);
  print(io, options.json, { file, plan, notes }, () =>
    lines([
      ...planLines(plan, places, options),
      ...notes.map((note) => `Note: ${note}`),
      ...nextLines(plan, file, options),
    ]),
  );
  return exitOf(plan);
}

/** A plan, and where it was saved: null where it has problems, or nothing to do. */
export interface MadePlan {
  readonly plan: Plan;
  readonly file: string | null;
  /** Those of the file, and those that it does not name any more. */
  readonly places: readonly SavedPlace[];
  /** What a person should know beside the steps. */
  readonly notes: readonly string[];
}

const NOWHERE: PastPlaces = { places: [], identities: {}, reads: [], problems: [], notes: [] };

type MakeFlags = Pick<
  PlanFlags,
  'file' | 'state' | 'kubeconfig' | 'sshConfig' | 'takeOver' | 'timeout' | 'forgetPlace' | 'abandon'
>;

/** Reads every place, also those that the file does not name any more, plans and saves. */
export async function makePlan(
  io: Io,
  options: MakeFlags,
  graph: Graph,
  gates?: RolloutGates,
): Promise<MadePlan> {
  const { planChanges } = await import('@watchbill/fleet');
  const takeOver = options.takeOver === true;
  const { network } = graph;
  const folder = stateFolder(io, options);
  const memory = await loadMemory(folder, network);
  const targets = await openTargets(io, network, graph.places, options, takeOver);
  try {
    const signal = AbortSignal.timeout(Number(options.timeout) * 1_000);
    const madeAtMs = io.clock.nowMs();
    const identities = await identitiesOf(targets.byPlace, signal);
    await refuseSamePlace(graph, identities);
    const past = await pastOf(io, { folder, graph, identities, options, signal }, memory);
    const unfinished = await unfinishedProblems(io, {
      folder,
      network,
      memory,
      abandon: options.abandon ?? [],
    });
    const reads = await readAll(targets, graph, signal);
    await rememberSeen(folder, memory, graph, identities, reads);
    const plan = planChanges(graph, [...reads, ...past.reads], [...unfinished, ...past.problems]);
    const isSaved = plan.problems.length === 0 && plan.steps.length > 0;
    const places = [...graph.places, ...past.places];
    const saved = {
      format: 'watchbill/saved-plan/1',
      plan,
      places,
      identities: { ...identities, ...past.identities },
      takeOver,
      madeAtMs,
      ...(gates === undefined ? {} : { gates }),
    } as const;
    const notes = [
      ...publishedNotes(graph),
      ...(memory === null ? [noMemory(folder, network)] : []),
      ...past.notes,
    ];
    return { plan, file: isSaved ? await savePlan(folder, saved) : null, places, notes };
  } finally {
    targets.close();
  }
}

function noMemory(folder: string, network: string): string {
  return `${folder} remembers nothing of network ${network}: a place that an earlier file named, or that was applied from elsewhere, is not looked at. Where there may be one, name it in the file and plan again.`;
}

interface PastInput {
  readonly folder: string;
  readonly graph: Graph;
  readonly identities: Readonly<Record<string, string>>;
  readonly options: MakeFlags;
  readonly signal: AbortSignal;
}

async function pastOf(io: Io, { options, ...input }: PastInput, memory: Memory | null): Promise<PastPlaces> {
  const forget = options.forgetPlace ?? [];
  if (memory !== null) return lookAtPastPlaces(io, { ...input, memory, flags: options, forget });
  if (forget.length === 0) return NOWHERE;
  throw usageFault(
    `nothing is remembered of network ${input.graph.network}`,
    'leave --forget-place out',
    'flag --forget-place',
  );
}

async function readAll(
  { byPlace }: OpenTargets,
  { network, resources, expects }: Graph,
  signal: AbortSignal,
): Promise<readonly PlaceRead[]> {
  return Promise.all(
    [...byPlace.values()].map((target) => {
      const isOwn = ({ place }: { readonly place: string }) => place === target.place.name;
      return target.read(network, resources.filter(isOwn), expects.filter(isOwn), signal);
    }),
  );
}

/** What was made from another machine, or before anything was remembered, is known from now on. */
async function rememberSeen(
  folder: string,
  memory: Memory | null,
  { network, places }: Graph,
  identities: Readonly<Record<string, string>>,
  reads: readonly PlaceRead[],
): Promise<void> {
  const { isEmptyOf, sameRemembered } = await import('@watchbill/fleet-run/apply');
  const inUse = new Set(
    reads.flatMap((read) => (read.ok && !isEmptyOf(network, read.state.live) ? [read.state.place] : [])),
  );
  const unknown = places.filter(
    (place) =>
      inUse.has(place.name) &&
      (memory === null || sameRemembered(memory, place, identities[place.name] ?? '').length === 0),
  );
  addToMemory(folder, network, await rememberLines(memory, unknown, identities));
}

async function refuseSamePlace(
  { places }: Graph,
  identities: Readonly<Record<string, string>>,
): Promise<void> {
  const { samePlace } = await import('@watchbill/fleet-run/apply');
  const same = samePlace(places, identities);
  if (same === null) return;
  throw usageFault(
    `${same.join(' and ')} are one place, and each would remove what the other has`,
    'give them contexts of different clusters, or different namespaces',
    same.join(', '),
  );
}

function exitOf({ problems, steps }: Plan): ExitCode {
  if (problems.some(({ code }) => code === 'unreachable')) return EXIT.unreachable;
  if (problems.length > 0) return EXIT.denied;
  return steps.length > 0 ? EXIT_CHANGES : EXIT.ok;
}

function nextLines({ id }: Plan, file: string | null, { file: network }: PlanFlags): readonly string[] {
  if (file === null) return [];
  const named = network === NETWORK_FILE ? '' : ` --file ${network}`;
  return [`Apply it with: watchbill fleet apply ${id.slice(0, 12)}${named}`];
}
