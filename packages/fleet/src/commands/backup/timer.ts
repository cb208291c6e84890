import { dirname, join, relative, resolve } from 'node:path';
import { usageFault } from '@watchbill/kit';
import { type Context, withExamples } from '@watchbill/kit/command/context';
import type { Io } from '@watchbill/kit/command/io';
import { ownProgram } from '@watchbill/kit/command/own-program';
import { carryOut, refuseExisting } from '@watchbill/kit/command/planned-files';
import { lines, print } from '@watchbill/kit/command/print';
import type { Command } from 'commander';
import { NETWORK_FILE, readGraph } from '../network-file.ts';

interface TimerFlags {
  readonly file: string;
  readonly node?: string;
  readonly schedule?: string;
  readonly metrics?: string;
  readonly out: string;
  readonly json?: boolean;
}

/** `fleet backup timer`: two units of systemd that make backups by themselves. */
export function addBackupTimer(parent: Command, { io }: Context): void {
  const command = parent
    .command('timer')
    .description('write a systemd service and timer that make backups of a node; you install them')
    .option('--file <file>', 'network file', NETWORK_FILE)
    .option('--node <name>', 'node; left out: the only one of the role backup')
    .option('--schedule <time>', 'as systemd writes it; left out: backup.schedule of the network file')
    .option('--metrics <folder>', 'where runs write age, height and size for Prometheus')
    .option('--out <folder>', 'folder for the two files', '.')
    .option('--json', 'print JSON')
    .action((options: TimerFlags) => timer(io, options));
  withExamples(command, ['watchbill fleet backup timer --schedule "*-*-* 03:00:00" --out units']);
}

async function timer(io: Io, flags: TimerFlags): Promise<void> {
  const { file, metrics, out } = flags;
  const { network } = await readGraph(io, file);
  const { backupNode, timerUnits } = await import('../../run/operations/index.ts');
  const node = backupNode(network, flags.node, file);
  const schedule = flags.schedule ?? network.file.backup?.schedule;
  if (schedule === undefined)
    throw usageFault(
      'when?',
      'give --schedule, or write backup.schedule in the network file',
      'flag --schedule',
    );
  if (!/^[A-Za-z0-9*:.,/ ~-]{1,64}$/.test(schedule))
    throw usageFault(
      `${schedule} is not a systemd time`,
      'try `systemd-analyze calendar`',
      'flag --schedule',
    );
  const own = ['--file', resolve(io.cwd, file), '--node', node.name];
  const program = ownProgram();
  const more = metrics === undefined ? [] : ['--metrics', resolve(io.cwd, metrics)];
  const commands = [
    [...program, 'fleet', 'backup', 'run', ...own, ...more],
    ...(network.file.backup?.keep === undefined
      ? []
      : [[...program, 'fleet', 'backup', 'prune', ...own, '--apply']]),
  ];
  const folder = dirname(resolve(io.cwd, file));
  const units = timerUnits({ network: network.name, node: node.name, schedule, commands, folder });
  const files = Object.entries(units).map(([name, text]) => ({
    path: join(resolve(io.cwd, out), name),
    text,
    mode: 0o644 as const,
  }));
  refuseExisting(
    files.map(({ path }) => path),
    '--out',
  );
  carryOut({ folders: [], files });
  const made = files.map(({ path }) => path);
  print(io, flags.json, { made }, () =>
    lines(['made:', ...made.map((path) => `  ${relative(io.cwd, path)}`)]),
  );
}
