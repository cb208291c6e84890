import { resolve } from 'node:path';
import { counted } from '@watchbill/kit';
import { type Context, withExamples, withStatuses } from '@watchbill/kit/command/context';
import type { Io } from '@watchbill/kit/command/io';
import type { Command } from 'commander';
import { addBackupOptions, type BackupFlags, minutesOf, say, withBackupInput } from './flags.ts';

interface DrillFlags extends BackupFlags {
  readonly backup?: string;
  readonly program?: string;
  readonly chain?: string;
  readonly scratch?: string;
  readonly flag: readonly string[];
  readonly metrics?: string;
  readonly startTimeout: string;
}

/** `fleet backup drill`: shows that a backup can be used. */
export function addBackupDrill(parent: Command, { io }: Context): void {
  const command = parent
    .command('drill')
    .description(
      'put the newest backup into a scratch folder here, or in a cluster on a separate volume, start a node on it without keys and peers, and delete it',
    );
  addBackupOptions(command)
    .option('--backup <id>', 'id of a backup (default: the newest)')
    .option('--program <file>', 'executable of the node (default: that of the network file)')
    .option('--chain <chain>', 'specification or name of the chain (default: that of the network file)')
    .option(
      '--flag <flag>',
      'one more flag for the node (repeat)',
      (flag: string, before: readonly string[]) => [...before, flag],
      [],
    )
    .option('--scratch <folder>', 'scratch folder (default: the folder for temporary files)')
    .option('--metrics <folder>', 'folder for the time of the last good drill, for Prometheus')
    .option('--start-timeout <minutes>', 'longest time until the node has the height', '10')
    .action((options: DrillFlags) => drill(io, options));
  withExamples(withStatuses(command, { denied: 'the node does not reach the height of the backup' }), [
    'watchbill fleet backup drill --archive folder:/mnt/backups',
    'watchbill fleet backup drill --archive restic:/mnt/repository --password-file restic.password --program /usr/bin/polkadot',
  ]);
}

async function drill(io: Io, flags: DrillFlags): Promise<void> {
  await withBackupInput(io, flags, async (ports, input) => {
    const { drillNode } = await import('../../run/operations/index.ts');
    const { manifest, facts } = await drillNode(ports, {
      ...input,
      file: resolve(io.cwd, flags.file),
      backup: flags.backup ?? null,
      program: flags.program ?? null,
      chain: flags.chain ?? null,
      flags: flags.flag,
      scratch: flags.scratch ?? null,
      metrics: flags.metrics === undefined ? null : resolve(io.cwd, flags.metrics),
      startMs: minutesOf(flags.startTimeout, '--start-timeout'),
    });
    const { best, peers, finalised } = facts;
    say(
      io,
      flags,
      { kind: 'drill', id: manifest.id, finalised, best, peers },
      `drill      ${manifest.id} works: a node came up on it at block ${finalised.number} (final in the backup: ${manifest.finalised.number}), best ${best.number}, ${counted(peers, 'peer')}`,
    );
  });
}
