import { join, resolve } from 'node:path';
import { counted } from '@watchbill/base';
import type { Taking } from '@watchbill/fleet-run/backup';
import type { Command } from 'commander';
import { type Context, withExamples } from '../../../process/context.ts';
import type { Io } from '../../../process/io.ts';
import { stateFolder } from '../ports.ts';
import { addBackupOptions, type BackupFlags, minutesOf } from './flags.ts';
import { noArchive } from './ground.ts';
import { type Hands, withHands } from './hands.ts';
import { chainIdOf, sizeText } from './text.ts';

export interface RunFlags extends BackupFlags {
  readonly anyRole?: boolean;
  readonly withNodeKey?: boolean;
  readonly metrics?: string;
  readonly startTimeout: string;
}

/** `fleet backup run`: stops a node that signs nothing, copies its database, starts it. */
export function addBackupRun(parent: Command, { io }: Context): void {
  const command = parent
    .command('run')
    .description(
      'make a backup: the node is stopped, copied, read back, started, and only then the backup counts. Run again after any end: it goes on',
    );
  addBackupOptions(command)
    .option('--any-role', 'also a node of another role than backup, if it signs nothing')
    .option('--with-node-key', 'snapshots of volumes may hold the p2p key that lies on the volume')
    .option('--metrics <folder>', 'where to write age, height and size for Prometheus')
    .option('--start-timeout <minutes>', 'longest time until the node answers again', '10')
    .action((options: RunFlags) => run(io, options));
  withExamples(command, [
    'watchbill fleet backup run --local local --archive folder:/mnt/backups',
    'watchbill fleet backup run --archive rclone:store:chains --rclone-config /etc/watchbill/rclone.conf',
    'watchbill fleet backup run --archive restic:/mnt/repository --password-file /etc/watchbill/restic.password',
  ]);
}

async function run(io: Io, flags: RunFlags): Promise<void> {
  await withHands(io, flags, async (hands) => {
    const { door, control, signal, network, node } = hands;
    const base = join(stateFolder(io, flags), 'backups', node.name);
    const held = door.holdFile(`${base}.lock`);
    const series = (values: Parameters<typeof door.writeBackupSeries>[2]): void => {
      if (flags.metrics === undefined) return;
      door.writeBackupSeries(
        resolve(io.cwd, flags.metrics),
        { network: network.name, node: node.name },
        values,
      );
    };
    try {
      series({ tried: seconds(io) });
      const manifest = await door.runBackup(
        {
          control,
          taking: await takingOf(io, flags, hands),
          file: door.recordFile(`${base}.run.json`, door.recordShape),
          clock: clockOf(io),
          anyRole: flags.anyRole === true,
          startMs: minutesOf(flags.startTimeout, '--start-timeout'),
          tell: (step) =>
            say(io, flags, { kind: 'step', step }, `${step.padEnd(11)}${STEP_TEXTS[step] ?? ''}`),
        },
        signal,
      );
      const { id, finalised, best, totalBytes, files, volumes } = manifest;
      series({ finished: seconds(io), height: finalised.number, bytes: totalBytes });
      const summary = {
        kind: 'backup',
        id,
        node: node.name,
        best,
        finalised,
        totalBytes,
        files: files.length,
        volumes,
      };
      const what =
        files.length === 0
          ? counted(volumes.length, 'volume')
          : `${counted(files.length, 'file')}, ${sizeText(totalBytes)}`;
      say(io, flags, summary, `backup     ${id} of ${node.name}: ${what}, block ${finalised.number} final`);
    } finally {
      held.release();
    }
  });
}

const STEP_TEXTS: Readonly<Record<string, string>> = {
  preflight: 'the node is fit and the archive answers; stopping the node',
  stopped: 'what lies on its disk is known; copying',
  copied: 'reading back',
  verified: 'the archive has every byte; starting the node',
  started: 'the node answers on its chain',
  published: 'the backup is whole',
};

async function takingOf(io: Io, flags: RunFlags, hands: Hands): Promise<Taking> {
  const { door, network, node, cluster, folder, run: scripts, lockFile } = hands;
  if (cluster !== null)
    return door.volumeTaking({
      cluster,
      network,
      node,
      chainId: await chainIdOf(io, flags.file, network, node),
      snapshotClass: network.file.backup?.volumeSnapshotClass ?? null,
      withNodeKey: flags.withNodeKey === true,
    });
  const archive = hands.archiveBy(door.lockedRun(scripts, lockFile));
  if (archive === null || folder === null) throw noArchive();
  return door.fileTaking(scripts, folder, archive);
}

export function clockOf({ clock }: Io) {
  return {
    nowMs: () => clock.nowMs(),
    monotonicMs: () => clock.monotonicMs(),
    sleep: (ms: number, signal?: AbortSignal) => clock.sleep(ms, signal),
  };
}

export function seconds(io: Io): number {
  return Math.floor(io.clock.nowMs() / 1_000);
}

/** One line of JSON for each thing that happens, or the text. */
export function say(io: Io, { json }: BackupFlags, line: object, text: string): void {
  io.out(json === true ? `${JSON.stringify(line)}\n` : `${text}\n`);
}
