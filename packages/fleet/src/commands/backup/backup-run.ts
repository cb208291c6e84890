import { resolve } from 'node:path';
import { counted } from '@watchbill/kit';
import { type Context, withExamples } from '@watchbill/kit/command/context';
import type { Io } from '@watchbill/kit/command/io';
import type { Command } from 'commander';
import { addBackupOptions, type BackupFlags, minutesOf, say, withBackupInput } from './flags.ts';
import { sizeText } from './text.ts';

export interface RunFlags extends BackupFlags {
  readonly anyRole?: boolean;
  readonly withNodeKey?: boolean;
  readonly metrics?: string;
  readonly startTimeout: string;
}

/** `fleet backup run`: stops a node that does not sign, copies its database, starts it. */
export function addBackupRun(parent: Command, { io }: Context): void {
  const command = parent
    .command('run')
    .description(
      'make a backup: stop the node, copy it, read the copy back, start the node; only then the backup counts. Run it again after an interruption: it continues',
    );
  addBackupOptions(command)
    .option('--any-role', 'allow a node of another role than backup, if it does not sign')
    .option('--with-node-key', 'allow snapshots of volumes to contain the p2p key')
    .option('--metrics <folder>', 'folder for age, height and size, for Prometheus')
    .option('--start-timeout <minutes>', 'longest time until the node answers again', '10')
    .action((options: RunFlags) => run(io, options));
  withExamples(command, [
    'watchbill fleet backup run --local local --archive folder:/mnt/backups',
    'watchbill fleet backup run --archive rclone:store:chains --rclone-config /etc/watchbill/rclone.conf',
    'watchbill fleet backup run --archive restic:/mnt/repository --password-file /etc/watchbill/restic.password',
  ]);
}

async function run(io: Io, flags: RunFlags): Promise<void> {
  await withBackupInput(io, flags, async (ports, input) => {
    const { backUp } = await import('../../run/operations/index.ts');
    const { id, finalised, best, totalBytes, files, volumes } = await backUp(ports, {
      ...input,
      file: resolve(io.cwd, flags.file),
      anyRole: flags.anyRole === true,
      withNodeKey: flags.withNodeKey === true,
      metrics: flags.metrics === undefined ? null : resolve(io.cwd, flags.metrics),
      startMs: minutesOf(flags.startTimeout, '--start-timeout'),
      onEvent: (event) => say(io, flags, event, `${event.step.padEnd(11)}${STEP_TEXTS[event.step] ?? ''}`),
    });
    const node = input.node.name;
    const made = { kind: 'backup', id, node, best, finalised, totalBytes, files: files.length, volumes };
    const what =
      files.length === 0
        ? counted(volumes.length, 'volume')
        : `${counted(files.length, 'file')}, ${sizeText(totalBytes)}`;
    say(io, flags, made, `backup     ${id} of ${node}: ${what}, block ${finalised.number} final`);
  });
}

const STEP_TEXTS: Readonly<Record<string, string>> = {
  preflight: 'the node is fit; stopping it',
  stopped: 'the node is stopped; copying',
  copied: 'reading back',
  verified: 'the copy is whole; starting the node',
  started: 'the node answers on its chain',
  published: 'the backup is whole',
};
