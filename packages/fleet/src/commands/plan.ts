import { usageFault } from '@watchbill/kit';
import { type Context, withExamples, withStatuses } from '@watchbill/kit/command/context';
import { EXIT, type ExitCode } from '@watchbill/kit/command/exit';
import type { Io } from '@watchbill/kit/command/io';
import { secondsFlag } from '@watchbill/kit/command/numbers';
import { lines, print } from '@watchbill/kit/command/print';
import type { Command } from 'commander';
import type { Plan } from '../file/index.ts';
import type { Declared, MadePlan, PlanEvent, PlanInput } from '../run/operations/index.ts';
import { addTargetOptions, portsOf, type StateFlags, type TargetFlags } from './command-ports.ts';
import { NETWORK_FILE, readGraph } from './network-file.ts';

export interface PlanFlags extends StateFlags, TargetFlags {
  readonly takeOver?: boolean;
  readonly forgetPlace?: readonly string[];
  readonly abandon?: readonly string[];
  readonly differentKeys?: boolean;
  readonly firstTime?: boolean;
  readonly sameMachine?: readonly string[];
  readonly each?: boolean;
  readonly all?: boolean;
  readonly timeout: number;
  readonly json?: boolean;
}

const PLAN_STATUSES = {
  ok: 'the network is as declared',
  denied: 'the plan is refused; the output has the reason',
  changes: 'something would change',
};

/** `fleet plan`: compares the network file with the running network. Read-only. */
export function addFleetPlan(parent: Command, { io, exit }: Context): void {
  const command = parent
    .command('plan')
    .description('show the changes that the network needs, and the risks of each; read-only');
  addPlanOptions(command)
    .option('--take-over', 'overwrite fields that other managers set, instead of refusing them as conflicts')
    .option(
      '--offline',
      'ask no cluster and no machine: show what empty places would get. It cannot be applied',
    )
    .action(async (options: PlanFlags & OfflineFlag) => {
      if (options.offline === true) refuseWithOffline(options);
      const declared = await readGraph(io, options.file, 'place');
      exit(
        options.offline === true
          ? await offline(io, options, declared)
          : await planAndSave(io, options, declared),
      );
    });
  withExamples(command, [
    'watchbill fleet plan',
    'watchbill fleet plan --file network.yaml --kubeconfig clusters.kubeconfig --json',
    'watchbill fleet plan --take-over',
    'watchbill fleet plan --offline --all',
  ]);
}

interface OfflineFlag {
  readonly offline?: boolean;
}

/** Flags about places that a plan asks. */
function refuseWithOffline({
  takeOver,
  forgetPlace,
  abandon,
  firstTime,
  sameMachine,
  kubeconfig,
  sshConfig,
  state,
}: PlanFlags): void {
  const given = { takeOver, forgetPlace, abandon, firstTime, sameMachine, kubeconfig, sshConfig, state };
  const [first] = Object.entries(given).find(([, value]) => value !== undefined) ?? [];
  if (first === undefined) return;
  const flag = `--${first.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  throw usageFault(
    `${flag} is about places, and --offline asks none`,
    `leave ${flag} or --offline out`,
    'flag --offline',
  );
}

async function offline(io: Io, options: PlanFlags, { graph }: Declared): Promise<ExitCode> {
  const { planLines, planOffline } = await import('../file/index.ts');
  const plan = planOffline(graph, { differentKeys: options.differentKeys === true });
  print(io, options.json, { file: null, offline: true, plan, notes: [] }, () =>
    lines(planLines(plan, graph.places, options)),
  );
  return exitOf(plan);
}

export function addPlanOptions(command: Command): Command {
  return addTargetOptions(withStatuses(command, PLAN_STATUSES))
    .option('--file <file>', 'network file', NETWORK_FILE)
    .option(
      '--state <folder>',
      'folder for plans and journals (default: .watchbill-fleet beside the network file)',
    )
    .option(
      '--forget-place <name>',
      'forget a place that the file no longer names; you confirm that it is gone for good with everything that ran there (repeat)',
      repeated,
    )
    .option(
      '--abandon <plan>',
      'give up a plan that began to change signers; you confirm that no process runs with the keys that it took away (repeat)',
      repeated,
    )
    .option(
      '--first-time',
      'this network never ran: you claim that no signer has its keys in a place that the memory does not know',
    )
    .option(
      '--different-keys',
      'signers with unknown public keys, and copies of a machine, are taken for different ones: you claim that none has a key of another',
    )
    .option(
      '--same-machine <name>',
      'a machine has another address, other hardware or other ssh host keys now: you claim that it is the same one, and that no other machine with its machine id runs, at any address (repeat)',
      repeated,
    )
    .option('--all', 'print harmless steps with their details too, and not only how many there are')
    .option('--each', 'print every step, without grouping equal ones')
    .option('--timeout <seconds>', 'longest time to read all places', secondsFlag('--timeout'), 300)
    .option('--json', 'print the plan as JSON');
}

function repeated(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

/** Plans, prints, and returns the exit status. */
export async function planAndSave(
  io: Io,
  options: PlanFlags,
  declared: Declared,
  removeAll = false,
): Promise<ExitCode> {
  const { planNetwork } = await import('../run/operations/index.ts');
  const input = { declared, removeAll, ...planInput(io, options) };
  return printPlan(io, options, await planNetwork(await portsOf(io, options), input));
}

/** The flags of a plan as the operations take them. Warnings go to standard error. */
export function planInput(
  io: Io,
  { takeOver, forgetPlace: forgetPlaces, abandon, timeout, ...claims }: PlanFlags,
): Omit<PlanInput, 'declared'> {
  const onEvent = (event: PlanEvent) => io.err(lines([`WARNING: ${warningText(event)}`]));
  const { differentKeys, firstTime, sameMachine } = claims;
  const said = { differentKeys, firstTime, sameMachine };
  return { takeOver, forgetPlaces, abandon, ...said, timeoutMs: timeout * 1_000, onEvent };
}

/** Prints a plan with its next command, and returns the exit status. */
export async function printPlan(
  io: Io,
  options: PlanFlags,
  { plan, file, places, notes }: MadePlan,
): Promise<ExitCode> {
  const { planLines } = await import('../file/index.ts');
  print(io, options.json, { file, plan, notes }, () =>
    lines([
      ...planLines(plan, places, options),
      ...notes.map((note) => `Note: ${note}`),
      ...nextLines(plan, file, options),
    ]),
  );
  return exitOf(plan);
}

/** The warning about a place or plan that a flag gives up. */
export function warningText(event: PlanEvent): string {
  if (event.kind === 'place-forgotten')
    return `${event.place} (${event.where}) is forgotten and never contacted again. If a signer still runs there, it can sign beside the next signer with the same keys.`;
  return `plan ${event.plan.slice(0, 12)} is abandoned at ${event.steps.join(', ')}. Check that no process runs there with the keys that it took away, before you apply another plan.`;
}

function exitOf({ problems, steps }: Plan): ExitCode {
  if (problems.some(({ code }) => code === 'unreachable')) return EXIT.unreachable;
  if (problems.length > 0) return EXIT.denied;
  return steps.length > 0 ? EXIT.changes : EXIT.ok;
}

function nextLines({ id }: Plan, file: string | null, { file: network }: PlanFlags): readonly string[] {
  if (file === null) return [];
  const named = network === NETWORK_FILE ? '' : ` --file ${network}`;
  return [`Apply it with: watchbill fleet apply ${id.slice(0, 12)}${named}`];
}
