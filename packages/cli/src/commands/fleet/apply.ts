import { basename, join } from 'node:path';
import { counted } from '@watchbill/base';
import type {
  ApplyEvent,
  ApplyResult,
  BegunPlan,
  Journal,
  SavedPlan,
  StopReason,
} from '@watchbill/fleet-run/apply';
import type { Command } from 'commander';
import { lines, print } from '../../output/print.ts';
import { type Context, withExamples } from '../../process/context.ts';
import { EXIT, type ExitCode } from '../../process/exit.ts';
import { fault, usageFault } from '../../process/fault.ts';
import type { Io } from '../../process/io.ts';
import { secondsFlag } from '../numbers.ts';
import { addToMemory, loadMemory } from './memory-store.ts';
import { NETWORK_FILE } from './network-file.ts';
import { rememberLines } from './past-places.ts';
import { journalFile, loadPlan, type StateFlags, stateFolder } from './plan-store.ts';
import { signerCheck } from './signer-check.ts';
import {
  addTargetOptions,
  liveOf,
  type OpenTargets,
  openTargets,
  placeFault,
  type TargetFlags,
} from './targets.ts';

interface ApplyFlags extends StateFlags, TargetFlags {
  readonly allowSigning?: boolean;
  readonly allowDataLoss?: boolean;
  readonly gateTimeout: number;
  readonly json?: boolean;
}

const POLL_MS = 1_000;

/** `fleet apply`: does what a saved plan says; taken up again where it ended. */
export function addFleetApply(parent: Command, { io, exit }: Context): void {
  const command = parent
    .command('apply')
    .description(
      'do what a plan says, in its order, each step after those that it needs are healthy. Run it again to go on where it stopped. Exit 3 where the plan needs a yes that was not given',
    )
    .argument('<plan>', 'id of a plan, or how it begins');
  addTargetOptions(command)
    .option('--file <file>', 'network file, beside which the plans are', NETWORK_FILE)
    .option(
      '--state <folder>',
      'folder for plans and journals; left out: .watchbill-fleet beside the network file',
    )
    .option('--allow-signing', 'yes to steps that start, stop or change signers')
    .option('--allow-data-loss', 'yes to steps that can lose what is on a disk')
    .option(
      '--gate-timeout <seconds>',
      'longest wait for one step to become healthy',
      secondsFlag('--gate-timeout', 604_800),
      900,
    )
    .option('--json', 'print JSON')
    .action(async (id: string, options: ApplyFlags) => exit(await apply(io, id, options)));
  withExamples(command, [
    'watchbill fleet apply 0a1b2c3d4e5f',
    'watchbill fleet apply 0a1b2c3d4e5f --allow-signing --gate-timeout 3600',
  ]);
}

async function apply(io: Io, id: string, options: ApplyFlags): Promise<ExitCode> {
  const folder = stateFolder(io, options);
  const saved = await loadPlan(folder, id);
  await refuseUnlessAllowed(saved, options);
  await refuseWhileRollingOut(folder);
  const targets = await openTargets(io, saved.plan.network, saved.places, options, saved.takeOver);
  const stop = new AbortController();
  const release = io.onStopSignal(() => stop.abort(new Error('told to stop')));
  try {
    const result = await run(io, saved, folder, targets, options, stop.signal);
    print(io, options.json, { plan: saved.plan.id, ...resultJson(result) }, () => resultText(saved, result));
    return result.left.length === 0 ? EXIT.ok : exitOf(result);
  } finally {
    release();
    targets.close();
  }
}

/** Two that change the same nodes would each take the other's change for drift. */
async function refuseWhileRollingOut(folder: string): Promise<void> {
  const { unfinishedRollout } = await import('@watchbill/fleet-run/rollout');
  const file = join(folder, 'rollout.journal');
  const open = unfinishedRollout(file);
  if (open === null) return;
  throw usageFault(
    `a roll-out is not ended: ${open.title}`,
    'go on with `watchbill fleet rollout`; where it is known to be over, remove the file',
    file,
  );
}

async function refuseUnlessAllowed({ plan }: SavedPlan, options: ApplyFlags): Promise<void> {
  const { APPLY_REFUSALS, refusalOf } = await import('@watchbill/fleet-run/apply');
  const allowed = { signing: options.allowSigning === true, dataLoss: options.allowDataLoss === true };
  const refused = refusalOf(plan, allowed);
  if (refused === null) return;
  const flag = { 'signing-not-allowed': '--allow-signing', 'data-loss-not-allowed': '--allow-data-loss' };
  const needed = flag[refused.reason as keyof typeof flag];
  throw fault(refused.reason, EXIT.denied, {
    what: `${APPLY_REFUSALS[refused.reason]}: ${refused.detail}`,
    where: `plan ${plan.id}`,
    remedy:
      needed === undefined ? 'plan again' : `read the plan, and say yes with ${needed}; nothing was done`,
  });
}

async function run(
  io: Io,
  saved: SavedPlan,
  folder: string,
  targets: OpenTargets,
  options: ApplyFlags,
  signal: AbortSignal,
): Promise<ApplyResult> {
  const { applyPlan, openJournal, placesRefusal } = await import('@watchbill/fleet-run/apply');
  const { plan, identities } = saved;
  const refused = await placesRefusal(saved, targets.byPlace, signal);
  if (refused?.reason === 'unreachable' || refused?.reason === 'forbidden')
    throw placeFault(`plan ${plan.id}`, refused.reason, refused.detail);
  if (refused !== null)
    throw usageFault(
      refused.detail,
      'plan again, or name the kubeconfig of the right cluster',
      `plan ${plan.id}`,
    );
  const header = { format: 'watchbill/journal/1', plan: plan.id, network: plan.network, identities } as const;
  const file = await journalFile(folder, saved);
  const opened = openJournal(file, header);
  if (!opened.ok)
    throw fault(`journal-${opened.reason}`, EXIT.usage, {
      what: opened.detail,
      remedy: 'plan again',
      where: folder,
    });
  let judged: Awaited<ReturnType<typeof judgeOf>> = null;
  try {
    await begin(io, saved, folder, basename(file), opened.journal);
    judged = await judgeOf(io, saved, targets, signal);
    const result = await applyPlan({
      plan,
      targets: targets.byPlace,
      journal: opened.journal,
      clock: io.clock,
      checkSigner: signerCheck(targets.byPlace),
      judge: judged?.judge,
      gateTimeoutMs: Number(options.gateTimeout) * 1_000,
      pollMs: POLL_MS,
      onEvent: (event) => io.err(progress(event)),
      signal,
    });
    if (result.left.length === 0) await forgetEmptied(saved, folder, targets, signal);
    return result;
  } finally {
    judged?.close();
    opened.journal.close();
  }
}

/**
 * Before the first step: whether this plan may still be begun, as far as the state folder tells. Then the folder remembers where it goes,
 * so that a later plan asks there too. Nothing to do for a plan that is done.
 */
async function begin(
  io: Io,
  saved: SavedPlan,
  folder: string,
  journal: string,
  { earlier }: Journal,
): Promise<void> {
  const { begunSince } = await import('@watchbill/fleet-run/apply');
  const { plan, places, identities } = saved;
  const verified = new Set(earlier.flatMap(({ state, step }) => (state === 'verified' ? [step] : [])));
  if (plan.steps.every(({ id }) => verified.has(id))) return;
  const memory = await loadMemory(folder, plan.network);
  refuseIf(memory?.abandoned.includes(journal) === true, plan.id, 'this plan was abandoned');
  const newer = (begun: readonly BegunPlan[]) => begunSince(begun, saved, journal);
  refuseIf(newer(memory?.begun ?? []), plan.id, NOT_THERE);
  const begun = { what: 'begun', plan: plan.id, journal, atMs: io.clock.nowMs() } as const;
  addToMemory(folder, plan.network, [...(await rememberLines(memory, places, identities)), begun]);
  // Of two that come here at once the second one sees the first.
  const all = (await loadMemory(folder, plan.network))?.begun ?? [];
  refuseIf(
    newer(
      all.slice(
        0,
        all.findLastIndex((one) => one.journal === journal),
      ),
    ),
    plan.id,
    NOT_THERE,
  );
}

const NOT_THERE =
  'another plan was begun after this one was made, so what this one was made on may not be there any more';

function refuseIf(reason: BegunPlan | boolean | null, plan: string, what: string): void {
  if (reason === null || reason === false) return;
  const other = reason === true ? '' : ` (plan ${reason.plan.slice(0, 12)})`;
  throw usageFault(`${what}${other}`, 'plan again with `watchbill fleet plan`', `plan ${plan}`);
}

/** Where a plan left nothing, no later one has to ask. A place that cannot be read now stays remembered. */
async function forgetEmptied(
  { plan, places, identities }: SavedPlan,
  folder: string,
  { byPlace }: OpenTargets,
  signal: AbortSignal,
): Promise<void> {
  const { isEmptyOf, sameRemembered } = await import('@watchbill/fleet-run/apply');
  const emptied = new Set(plan.steps.flatMap(({ action, place }) => (action === 'delete' ? [place] : [])));
  const memory = await loadMemory(folder, plan.network);
  for (const place of places) {
    if (memory === null || !emptied.has(place.name)) continue;
    const read = await byPlace.get(place.name)?.read(plan.network, [], [], signal);
    if (!read?.ok || !isEmptyOf(plan.network, read.state.live)) continue;
    const ids = sameRemembered(memory, place, identities[place.name] ?? '');
    if (ids.length > 0) addToMemory(folder, plan.network, [{ what: 'gone', ids: [...ids] }]);
  }
}

/** Null for a plan that was saved without gates. */
async function judgeOf(io: Io, { plan, gates }: SavedPlan, targets: OpenTargets, signal: AbortSignal) {
  const updates = plan.steps.some(({ action, gate }) => action === 'update' && gate === 'healthy');
  if (gates === undefined || !updates) return null;
  const { stepJudge } = await import('@watchbill/fleet-run/rollout');
  const live = await liveOf(targets.byPlace, plan.network, signal);
  return stepJudge({ plan, targets: targets.byPlace, live, gates, clock: io.clock });
}

function progress({ step, state, detail }: ApplyEvent): string {
  return lines([`${state.padEnd(11)} ${step.id}${detail === '' ? '' : `: ${detail}`}`]);
}

function resultJson({ done, left, stops }: ApplyResult): Readonly<Record<string, unknown>> {
  return { done, left, stops: stops.map(({ step, reason, detail }) => ({ step: step.id, reason, detail })) };
}

function resultText({ plan }: SavedPlan, { done, left, stops }: ApplyResult): string {
  if (left.length === 0)
    return lines([`all ${counted(done.length, 'step')} of plan ${plan.id.slice(0, 12)} are done`]);
  return lines([
    ...stops.map(({ step, reason, detail }) => `stopped at ${step.id} (${reason}): ${detail}`),
    ...(stops.length === 0 ? ['stopped before the end, as it was told'] : []),
    `done: ${counted(done.length, 'step')}; left, in this order:`,
    ...left.map((step) => `  ${step}`),
    `what to do: ${remedyOf(stops.map(({ reason }) => reason))}`,
  ]);
}

/** A plan that does not fit any more is made anew; what only failed for now is tried again. */
function remedyOf(reasons: readonly StopReason[]): string {
  const anew: readonly StopReason[] = ['changed', 'conflict', 'invalid', 'rolled-back'];
  return reasons.some((reason) => anew.includes(reason))
    ? 'plan again with `watchbill fleet plan`, and apply the new plan'
    : 'remove the cause, then run the same command again; what is done is not done twice';
}

function exitOf({ stops }: ApplyResult): ExitCode {
  const reasons = stops.map(({ reason }) => reason);
  if (reasons.includes('forbidden')) return EXIT.denied;
  if (reasons.includes('unreachable')) return EXIT.unreachable;
  return reasons.includes('unknown') ? EXIT.unknown : EXIT.fault;
}
