import type { Graph, Plan } from '@watchbill/fleet';
import type { RolloutGates } from '@watchbill/fleet/rollout';
import type { Command } from 'commander';
import { type Context, endsWithTwoOnChange, withExamples } from '../../context.ts';
import { EXIT, type ExitCode } from '../../exit.ts';
import { usageFault } from '../../fault.ts';
import type { Io } from '../../io.ts';
import { lines, show } from '../nominate/text.ts';
import { NETWORK_FILE, readGraph } from './network-file.ts';
import { type StateFlags, savePlan, stateFolder } from './plan-store.ts';
import { addTargetOptions, identitiesOf, openTargets, type TargetFlags } from './targets.ts';

export interface PlanFlags extends StateFlags, TargetFlags {
  readonly takeOver?: boolean;
  readonly each?: boolean;
  readonly timeout: string;
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
      const { graph, network } = await readGraph(io, options.file);
      const { rolloutSettings } = await import('@watchbill/fleet/rollout');
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
    .option('--each', 'print every step by itself, also where many are alike')
    .option('--timeout <seconds>', 'longest time for looking at all places', '300')
    .option('--json', 'print the plan as JSON');
}

/** Reads every place, plans, prints, saves; answers the exit status. */
export async function planAndSave(
  io: Io,
  options: PlanFlags,
  graph: Graph,
  gates?: RolloutGates,
): Promise<ExitCode> {
  const { planLines } = await import('@watchbill/fleet');
  const { plan, file } = await makePlan(io, options, graph, gates);
  show(io, options.json, { file, plan }, () =>
    lines([...planLines(plan, graph.places, options), ...nextLines(plan, file, options)]),
  );
  return exitOf(plan);
}

/** A plan, and where it was saved: null where it has problems, or nothing to do. */
export interface MadePlan {
  readonly plan: Plan;
  readonly file: string | null;
}

/** Reads every place, plans and saves. */
export async function makePlan(
  io: Io,
  options: Pick<PlanFlags, 'file' | 'state' | 'kubeconfig' | 'sshConfig' | 'takeOver' | 'timeout'>,
  graph: Graph,
  gates?: RolloutGates,
): Promise<MadePlan> {
  const { planChanges } = await import('@watchbill/fleet');
  const takeOver = options.takeOver === true;
  const targets = await openTargets(io, graph.network, graph.places, options, takeOver);
  try {
    const signal = AbortSignal.timeout(Number(options.timeout) * 1_000);
    const madeAtMs = io.clock.nowMs();
    const identities = await identitiesOf(targets.byPlace, signal);
    await refuseSamePlace(graph, identities);
    const reads = await Promise.all(
      [...targets.byPlace.values()].map((target) =>
        target.read(
          graph.network,
          graph.resources.filter(({ place }) => place === target.place.name),
          graph.expects.filter(({ place }) => place === target.place.name),
          signal,
        ),
      ),
    );
    const plan = planChanges(graph, reads);
    const isSaved = plan.problems.length === 0 && plan.steps.length > 0;
    const saved = {
      format: 'watchbill/saved-plan/1',
      plan,
      places: graph.places,
      identities,
      takeOver,
      madeAtMs,
      ...(gates === undefined ? {} : { gates }),
    } as const;
    return { plan, file: isSaved ? await savePlan(stateFolder(io, options), saved) : null };
  } finally {
    targets.close();
  }
}

async function refuseSamePlace(
  { places }: Graph,
  identities: Readonly<Record<string, string>>,
): Promise<void> {
  const { samePlace } = await import('@watchbill/fleet/apply');
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
