import { dirname, join, relative, resolve } from 'node:path';
import { usageFault } from '@watchbill/kit';
import { withExamples } from '@watchbill/kit/command/context';
import type { Io } from '@watchbill/kit/command/io';
import { ownProgram } from '@watchbill/kit/command/own-program';
import { carryOut } from '@watchbill/kit/command/planned-files';
import { lines, print } from '@watchbill/kit/command/print';
import type { Command } from 'commander';
import { NETWORK_FILE, readGraph } from '../network-file.ts';

interface TimerFlags {
  readonly file: string;
  readonly prometheus?: string;
  readonly kubeconfig?: string;
  readonly schedule: string;
  readonly out: string;
  readonly json?: boolean;
}

/** `fleet nodes storage timer`: two units of systemd that let volumes grow by themselves. */
export function addStorageTimer(parent: Command, io: Io): void {
  const command = parent
    .command('timer')
    .description('write a systemd service and timer that let volumes grow by themselves; you install them')
    .option('--file <file>', 'network file', NETWORK_FILE)
    .option('--kubeconfig <file>', 'kubeconfig with the contexts of the clusters, which the service reads')
    .option('--prometheus <url>', 'a Prometheus that reads the kubelets (default: ask the kubelets)')
    .option('--schedule <time>', 'schedule in the format of systemd, for example *-*-* 03:00:00', 'hourly')
    .option('--out <folder>', 'folder for the two files', '.')
    .option('--json', 'print JSON')
    .action((options: TimerFlags) => timer(io, options));
  withExamples(command, [
    'watchbill fleet nodes storage timer --kubeconfig clusters.yaml --out units',
    'watchbill fleet nodes storage timer --kubeconfig clusters.yaml --schedule "*-*-* *:00/15:00"',
  ]);
}

async function timer(io: Io, flags: TimerFlags): Promise<void> {
  const { file, kubeconfig, prometheus, schedule, out } = flags;
  const { network } = await readGraph(io, file);
  const { checkGrowing, growthTimerUnits } = await import('../../run/operations/index.ts');
  checkGrowing(network, file, prometheus);
  if (!/^[A-Za-z0-9*:.,/ ~-]{1,64}$/.test(schedule))
    throw usageFault(
      `${schedule} is not a systemd time`,
      'try `systemd-analyze calendar`',
      'flag --schedule',
    );
  if (kubeconfig === undefined)
    throw usageFault(
      'which kubeconfig?',
      'a systemd service has no home folder with a kubeconfig: name one with --kubeconfig',
      'flag --kubeconfig',
    );
  const path = resolve(io.cwd, file);
  const command = [
    ...ownProgram(),
    ...['fleet', 'nodes', 'storage', 'grow', '--file', path],
    ...['--kubeconfig', resolve(io.cwd, kubeconfig)],
    ...(prometheus === undefined ? [] : ['--prometheus', prometheus]),
    '--apply',
  ];
  const units = growthTimerUnits({
    network: network.name,
    schedule,
    commands: [command],
    folder: dirname(path),
  });
  const files = Object.entries(units).map(([unit, text]) => ({
    path: join(resolve(io.cwd, out), unit),
    text,
    mode: 0o644 as const,
  }));
  const made = files.map((one) => one.path);
  carryOut({ folders: [], files });
  print(io, flags.json, { made }, () => lines(['made:', ...made.map((one) => `  ${relative(io.cwd, one)}`)]));
}
