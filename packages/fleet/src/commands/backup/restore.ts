import { type Context, withExamples } from '@watchbill/kit/command/context';
import type { Io } from '@watchbill/kit/command/io';
import type { Command } from 'commander';
import type { BackupForm } from '../../run/operations/index.ts';
import { addLockWait, lockWishes } from '../lock-text.ts';
import { addBackupOptions, type BackupFlags, minutesOf, say, withBackupInput } from './flags.ts';

interface RestoreFlags extends BackupFlags {
  readonly backup?: string;
  readonly of?: string;
  readonly genesis?: string;
  readonly older?: boolean;
  readonly keepOld?: boolean;
  readonly signerWithoutKeys?: boolean;
  readonly startTimeout: string;
  readonly wait: number;
}

/** `fleet backup restore`: puts a backup back onto a node that does not sign. */
export function addBackupRestore(parent: Command, { io }: Context): void {
  const command = parent
    .command('restore')
    .description(
      'put a backup back onto a node: checks it first, replaces the old database, and takes that back if the node does not start',
    );
  addBackupOptions(command)
    .option('--backup <id>', 'id of a backup (default: the newest)')
    .option('--of <node>', 'a backup of that node (default: of the node itself)')
    .option('--genesis <hash>', 'first block of the chain, for a node that does not answer')
    .option('--older', 'allow a backup that is older than the data of the node')
    .option(
      '--keep-old',
      'leave the old database beside the new one, as NAME.before; in a cluster the old volume, without a claim',
    )
    .option('--signer-without-keys', 'allow a validator or collator without any keys; never in a cluster')
    .option('--start-timeout <minutes>', 'longest time until the node is up on it', '10')
    .action((options: RestoreFlags) => restore(io, options));
  addLockWait(command, '--wait');
  withExamples(command, [
    'watchbill fleet backup restore --node rpc-here-0 --of backup-here-0 --local local --archive folder:/mnt/backups',
    'watchbill fleet backup restore --node backup-iron-0 --backup 20261121T011511Z-1234 --older',
  ]);
}

async function restore(io: Io, flags: RestoreFlags): Promise<void> {
  await withBackupInput(io, flags, async (ports, input) => {
    const { restoreNode } = await import('../../run/operations/index.ts');
    const { id, finalised } = await restoreNode(ports, {
      ...input,
      backup: flags.backup ?? null,
      of: flags.of ?? null,
      genesis: flags.genesis ?? null,
      older: flags.older === true,
      keepOld: flags.keepOld === true,
      signerWithoutKeys: flags.signerWithoutKeys === true,
      startMs: minutesOf(flags.startTimeout, '--start-timeout'),
      ...lockWishes(io, flags.wait),
      onEvent: ({ kind, step, form }) =>
        say(io, flags, { kind, step }, `${step.padEnd(11)}${STEP_TEXTS[form][step] ?? ''}`),
    });
    const node = input.node.name;
    say(
      io,
      flags,
      { kind: 'restored', id, node, finalised },
      `restored   ${node} is up on ${id}, block ${finalised.number} final`,
    );
  });
}

const STEP_TEXTS: Readonly<Record<BackupForm, Readonly<Record<string, string>>>> = {
  files: {
    fetched: 'the backup lies beside the database, every byte of it',
    swapping: 'stopping the node',
    swapped: 'starting the node on the backup',
    back: 'it does not come up: taking the old database back',
    done: 'the node is up',
  },
  volumes: {
    fetched: 'the snapshots and the old volumes are kept, whatever happens',
    swapping: 'stopping the node, and making its claims again from the snapshots',
    swapped: 'starting the node on the backup',
    back: 'it does not come up: giving it its old volumes back',
    done: 'the node is up',
  },
};
