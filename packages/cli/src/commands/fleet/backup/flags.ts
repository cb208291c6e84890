import { resolve } from 'node:path';
import type { Network } from '@watchbill/fleet';
import type { ArchiveSettings } from '@watchbill/fleet-run/backup';
import type { Command } from 'commander';
import { usageFault } from '../../../process/fault.ts';
import type { Io } from '../../../process/io.ts';
import { decimalOf, MOST_TIMER_MINUTES, wholeOf } from '../../../process/numbers.ts';
import { NETWORK_FILE } from '../network-file.ts';
import { addTargetOptions, type TargetFlags } from '../ports.ts';

/** What every command about backups takes. */
export interface BackupFlags extends TargetFlags {
  readonly file: string;
  readonly node?: string;
  readonly local?: string;
  readonly here?: boolean;
  readonly archive?: string;
  readonly rcloneConfig?: string;
  readonly repositoryFile?: string;
  readonly passwordFile?: string;
  readonly atOnce?: string;
  readonly state?: string;
  readonly timeout: string;
  readonly json?: boolean;
}

export function addBackupOptions(command: Command): Command {
  return addTargetOptions(command)
    .option('--file <file>', 'network file; its section `backup` says what flags leave out', NETWORK_FILE)
    .option('--node <name>', 'node; left out: the only one of the role backup')
    .option('--local <folder>', 'the network runs on this machine, from that folder (`fleet up --local`)')
    .option(
      '--archive <address>',
      'folder:/PATH, rclone:REMOTE:PATH or restic:REPOSITORY; on a cluster left out: snapshots of volumes',
    )
    .option('--rclone-config <file>', 'configuration of rclone, where the node is')
    .option('--repository-file <file>', 'holds the address of a repository of restic that is secret')
    .option('--password-file <file>', 'holds the password of the archive, where the node is')
    .option('--at-once <count>', 'files that are copied at the same time, 1 to 64; left out: 4')
    .option('--state <folder>', 'folder for records; left out: .watchbill-fleet beside the network file')
    .option('--timeout <minutes>', 'longest time for all of it', '720')
    .option('--json', 'print JSON');
}

/** The archive that flags and file name; null where they name none. Paths of this machine are made absolute. */
export function archiveSettings(
  io: Io,
  flags: BackupFlags,
  network: Network,
  isHere: boolean,
): ArchiveSettings | null {
  const own = network.file.backup?.archive;
  const address = flags.archive ?? own?.address;
  if (address === undefined) return null;
  const files = { where: 'flag --at-once', of: 'files', least: 1, most: 64 };
  const atOnce = flags.atOnce === undefined ? (own?.atOnce ?? 4) : wholeOf(flags.atOnce, files);
  const path = (flag: string | undefined, written: string | undefined): string | null => {
    const named = flag ?? written;
    if (named === undefined) return null;
    if (isHere) return resolve(io.cwd, named);
    if (named.startsWith('/')) return named;
    throw usageFault(
      `${named} is a path of the machine of the node, and begins nowhere`,
      'write it from / on',
      named,
    );
  };
  return {
    address,
    rcloneConfig: path(flags.rcloneConfig, own?.rcloneConfig),
    repositoryFile: path(flags.repositoryFile, own?.repositoryFile),
    passwordFile: path(flags.passwordFile, own?.passwordFile),
    atOnce,
  };
}

/** Minutes of a flag, in milliseconds. */
export function minutesOf(text: string, flag: string): number {
  const asked = { where: `flag ${flag}`, of: 'minutes', least: 0.001, most: MOST_TIMER_MINUTES };
  return Math.ceil(decimalOf(text, asked) * 60_000);
}
