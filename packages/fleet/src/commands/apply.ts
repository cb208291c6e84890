import { counted } from '@watchbill/kit';
import { type Context, withExamples, withStatuses } from '@watchbill/kit/command/context';
import { EXIT, type ExitCode } from '@watchbill/kit/command/exit';
import type { Io } from '@watchbill/kit/command/io';
import { secondsFlag } from '@watchbill/kit/command/numbers';
import { lines, print } from '@watchbill/kit/command/print';
import type { Command } from 'commander';
import type { ApplyEvent, ApplyResult, SavedPlan } from '../run/apply/index.ts';
import { addTargetOptions, portsOf, type StateFlags, type TargetFlags } from './command-ports.ts';
import { addLockWait, lockWishes } from './lock-text.ts';
import { NETWORK_FILE } from './network-file.ts';

interface ApplyFlags extends StateFlags, TargetFlags {
  readonly allowSigning?: boolean;
  readonly allowDataLoss?: boolean;
  readonly gateTimeout: number;
  readonly wait: number;
  readonly json?: boolean;
}

/** `fleet apply`: carries out a saved plan; a second run continues after the last finished step. */
export function addFleetApply(parent: Command, { io, exit }: Context): void {
  const command = parent
    .command('apply')
    .description(
      'carry out a plan, each step after the steps that it needs are healthy. Run it again to continue where it stopped',
    )
    .argument('<plan>', 'id of a plan, or its first characters');
  addTargetOptions(command)
    .option('--file <file>', 'network file; the plans are in a folder beside it', NETWORK_FILE)
    .option(
      '--state <folder>',
      'folder for plans and journals (default: .watchbill-fleet beside the network file)',
    )
    .option('--allow-signing', 'allow steps that start, stop or change signers')
    .option('--allow-data-loss', 'allow steps that can lose the data on a disk')
    .option(
      '--gate-timeout <seconds>',
      'longest wait for one step to become healthy',
      secondsFlag('--gate-timeout', 604_800),
      900,
    )
    .option('--json', 'print JSON')
    .action(async (id: string, options: ApplyFlags) => exit(await apply(io, id, options)));
  addLockWait(command, '--wait');
  withExamples(
    withStatuses(command, { denied: 'the plan needs a consent flag, or a place forbids a step' }),
    [
      'watchbill fleet apply 0a1b2c3d4e5f',
      'watchbill fleet apply 0a1b2c3d4e5f --allow-signing --gate-timeout 3600',
      'watchbill fleet apply 0a1b2c3d4e5f --wait 600',
    ],
  );
}

async function apply(io: Io, plan: string, options: ApplyFlags): Promise<ExitCode> {
  const { applySaved, needsNewPlan } = await import('../run/operations/index.ts');
  const stop = new AbortController();
  const release = io.onStopSignal(() => stop.abort(new Error('stopped on request')));
  try {
    const { saved, result } = await applySaved(await portsOf(io, options), {
      plan,
      allowed: { signing: options.allowSigning === true, dataLoss: options.allowDataLoss === true },
      gateTimeoutMs: options.gateTimeout * 1_000,
      onEvent: (event) => io.err(progress(event)),
      ...lockWishes(io, options.wait),
      signal: stop.signal,
    });
    print(io, options.json, { plan: saved.plan.id, ...resultJson(result) }, () =>
      resultText(saved, result, needsNewPlan(result.stops)),
    );
    return result.left.length === 0 ? EXIT.ok : exitOf(result);
  } finally {
    release();
  }
}

function progress({ step, state, detail }: ApplyEvent): string {
  return lines([`${state.padEnd(11)} ${step.id}${detail === '' ? '' : `: ${detail}`}`]);
}

function resultJson({ done, left, stops }: ApplyResult): Readonly<Record<string, unknown>> {
  return { done, left, stops: stops.map(({ step, reason, detail }) => ({ step: step.id, reason, detail })) };
}

function resultText({ plan }: SavedPlan, { done, left, stops }: ApplyResult, isOutdated: boolean): string {
  if (left.length === 0)
    return lines([`plan ${plan.id.slice(0, 12)} is done: ${counted(done.length, 'step')}`]);
  return lines([
    ...stops.map(({ step, reason, detail }) => `stopped at ${step.id} (${reason}): ${detail}`),
    ...(stops.length === 0 ? ['stopped before the end, on request'] : []),
    `done: ${counted(done.length, 'step')}; left, in this order:`,
    ...left.map((step) => `  ${step}`),
    `what to do: ${
      isOutdated
        ? 'plan again with `watchbill fleet plan`, and apply the new plan'
        : 'remove the cause, then run the same command again; it skips finished steps'
    }`,
  ]);
}

function exitOf({ stops }: ApplyResult): ExitCode {
  const reasons = stops.map(({ reason }) => reason);
  if (reasons.includes('forbidden')) return EXIT.denied;
  if (reasons.includes('unreachable')) return EXIT.unreachable;
  return reasons.includes('unknown') ? EXIT.unknown : EXIT.fault;
}
