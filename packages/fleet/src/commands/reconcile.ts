import { type Context, withExamples, withStatuses } from '@watchbill/kit/command/context';
import { EXIT, type ExitCode } from '@watchbill/kit/command/exit';
import type { Io } from '@watchbill/kit/command/io';
import { secondsFlag } from '@watchbill/kit/command/numbers';
import { lines, print } from '@watchbill/kit/command/print';
import type { Command } from 'commander';
import type { Round } from '../run/operations/index.ts';
import { addTargetOptions, portsOf, type StateFlags, type TargetFlags } from './command-ports.ts';
import { NETWORK_FILE, readGraph } from './network-file.ts';

interface ReconcileFlags extends StateFlags, TargetFlags {
  readonly applySafe?: boolean;
  readonly takeOver?: boolean;
  readonly once?: boolean;
  readonly every: number;
  readonly timeout: number;
  readonly gateTimeout: number;
  readonly json?: boolean;
}

const STATUSES = {
  ok: 'the network is as declared, or was repaired',
  denied: 'the plan is refused; the output has the reason',
  changes: 'something differs that needs a person',
};

/** `fleet nodes reconcile`: repairs differences without risk again and again, and reports the others. */
export function addFleetReconcile(parent: Command, { io, exit }: Context): void {
  const command = parent
    .command('reconcile')
    .description(
      'compare the network with its file again and again, and report each difference. With --apply-safe repair those without risk: never a signer, a restart, data on a disk, or a removal',
    );
  addTargetOptions(withStatuses(command, STATUSES))
    .option('--file <file>', 'network file', NETWORK_FILE)
    .option(
      '--state <folder>',
      'folder for plans and journals (default: .watchbill-fleet beside the network file)',
    )
    .option('--apply-safe', 'carry out steps without risk')
    .option('--take-over', 'overwrite fields that other managers set, if that is without risk')
    .option('--once', 'end after one round, with an exit status for it')
    .option('--every <seconds>', 'time between two rounds', secondsFlag('--every', 86_400), 300)
    .option('--timeout <seconds>', 'longest time to read all places', secondsFlag('--timeout'), 300)
    .option(
      '--gate-timeout <seconds>',
      'longest wait for one step to become healthy',
      secondsFlag('--gate-timeout', 604_800),
      900,
    )
    .option('--json', 'print each round as one line of JSON')
    .action(async (options: ReconcileFlags) => exit(await reconcile(io, options)));
  withExamples(command, [
    'watchbill fleet nodes reconcile --once',
    'watchbill fleet nodes reconcile --apply-safe --every 600',
  ]);
}

async function reconcile(io: Io, options: ReconcileFlags): Promise<ExitCode> {
  const { reconcileNetwork } = await import('../run/operations/index.ts');
  const stop = new AbortController();
  const release = io.onStopSignal(() => stop.abort(new Error('stopped on request')));
  try {
    const last = await reconcileNetwork(await portsOf(io, options), {
      read: () => readGraph(io, options.file, 'place'),
      applySafe: options.applySafe === true,
      takeOver: options.takeOver === true,
      timeoutMs: options.timeout * 1_000,
      gateTimeoutMs: options.gateTimeout * 1_000,
      everyMs: options.once === true ? null : options.every * 1_000,
      onRound: (round) => {
        if (options.json === true) io.out(`${JSON.stringify(round)}\n`);
        else print(io, false, round, () => lines(textOf(round)));
      },
      signal: stop.signal,
    });
    return options.once === true ? exitOf(last) : EXIT.ok;
  } finally {
    release();
  }
}

function textOf({ outcome, repaired, left, problems, stops, detail }: Round): readonly string[] {
  const texts = {
    'as-declared': 'as declared',
    repaired: 'repaired; as declared now',
    'needs-person': 'ALARM: a person is needed',
    failed: `ALARM: the round failed: ${detail}`,
  };
  return [
    texts[outcome],
    ...repaired.map((id) => `  done      ${id}`),
    ...left.map(({ id, risk, why }) => `  ${risk.padEnd(9)} ${id}: ${why}`),
    ...stops.map(({ reason, detail: what }) => `  stopped   ${reason}: ${what}`),
    ...problems.map(({ resourceId, what, remedy }) => `  refused   ${resourceId}: ${what}; ${remedy}`),
  ];
}

function exitOf({ outcome, problems }: Round): ExitCode {
  if (outcome === 'failed' || problems.some(({ code }) => code === 'unreachable')) return EXIT.unreachable;
  if (problems.length > 0) return EXIT.denied;
  return outcome === 'needs-person' ? EXIT.changes : EXIT.ok;
}
