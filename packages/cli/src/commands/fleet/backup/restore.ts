import { join } from 'node:path';
import type { Command } from 'commander';
import { type Context, withExamples } from '../../../process/context.ts';
import type { Io } from '../../../process/io.ts';
import { stateFolder } from '../ports.ts';
import { addBackupOptions, type BackupFlags, minutesOf } from './flags.ts';
import { noArchive } from './ground.ts';
import { type Hands, withHands } from './hands.ts';
import { restoreVolumes } from './restore-volumes.ts';
import { clockOf, say } from './run.ts';

export interface RestoreFlags extends BackupFlags {
  readonly backup?: string;
  readonly of?: string;
  readonly genesis?: string;
  readonly older?: boolean;
  readonly keepOld?: boolean;
  readonly signerWithoutKeys?: boolean;
  readonly startTimeout: string;
}

/** `fleet backup restore`: puts a backup back onto a node that signs nothing. */
export function addBackupRestore(parent: Command, { io }: Context): void {
  const command = parent
    .command('restore')
    .description(
      'put a backup back onto a node: checked before anything is touched, put in the place of the old database, and back to that where the node does not come up',
    );
  addBackupOptions(command)
    .option('--backup <id>', 'which; left out: the newest')
    .option('--of <node>', 'a backup of that node; left out: of the node itself')
    .option('--genesis <hash>', 'first block of the chain, for a node that does not answer')
    .option('--older', 'also where the node has more than the backup')
    .option(
      '--keep-old',
      'leave the old database beside the new one, as NAME.before; in a cluster the old volume, without a claim',
    )
    .option(
      '--signer-without-keys',
      'also onto a validator or collator that has no keys at all; never in a cluster',
    )
    .option('--start-timeout <minutes>', 'longest time until the node is up on it', '10')
    .action((options: RestoreFlags) => restore(io, options));
  withExamples(command, [
    'watchbill fleet backup restore --node rpc-here-0 --of backup-here-0 --local local --archive folder:/mnt/backups',
    'watchbill fleet backup restore --node backup-iron-0 --backup 20261121T011511Z-1234 --older',
  ]);
}

async function restore(io: Io, flags: RestoreFlags): Promise<void> {
  await withHands(io, flags, async (hands) => {
    const { door, network, node, folder, signal } = hands;
    if (hands.cluster !== null) return restoreVolumes(io, flags, hands, hands.cluster);
    const run = door.lockedRun(hands.run, hands.lockFile);
    const archive = hands.archiveBy(run);
    if (archive === null || folder === null) throw noArchive();
    const base = join(stateFolder(io, flags), 'backups', node.name);
    const held = door.holdFile(`${base}.lock`);
    try {
      const wanted = { network: network.name, node: flags.of ?? node.name, id: flags.backup ?? null };
      const manifest = door.chosenBackup(await archive.list(signal), wanted);
      await door.restoreBackup(
        {
          control: hands.control,
          run,
          folder,
          archive,
          file: door.recordFile(`${base}.restore.json`, door.restoreShape),
          clock: clockOf(io),
          startMs: minutesOf(flags.startTimeout, '--start-timeout'),
          genesis: flags.genesis ?? (await genesisOfOthers(hands)),
          older: flags.older === true,
          keepOld: flags.keepOld === true,
          signerWithoutKeys: flags.signerWithoutKeys === true,
          tell: (step) =>
            say(io, flags, { kind: 'step', step }, `${step.padEnd(11)}${STEP_TEXTS[step] ?? ''}`),
        },
        manifest,
        signal,
      );
      const { id, finalised } = manifest;
      say(
        io,
        flags,
        { kind: 'restored', id, node: node.name, finalised },
        `restored   ${node.name} is up on ${id}, block ${finalised.number} final`,
      );
    } finally {
      held.release();
    }
  });
}

const STEP_TEXTS: Readonly<Record<string, string>> = {
  fetched: 'the backup lies beside the database, every byte of it',
  swapping: 'stopping the node',
  swapped: 'starting the node on the backup',
  back: 'it does not come up: taking the old database back',
  done: 'the node is up',
};

/** The first block, as the other nodes of the network say that run here; null where they do not all say the same. */
async function genesisOfOthers({ door, others, signal }: Hands): Promise<string | null> {
  const said = await Promise.all(
    others.map(({ rpcUrl }) =>
      door.withRpc(rpcUrl, (ask) => ask('chain_getBlockHash', [0], signal)).catch(() => null),
    ),
  );
  const known = new Set(said.filter((one) => one !== null));
  const [only] = known;
  return known.size === 1 && typeof only === 'string' ? only : null;
}
