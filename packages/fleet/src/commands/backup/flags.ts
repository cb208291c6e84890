import { join, resolve } from 'node:path';
import type { Io } from '@watchbill/kit/command/io';
import { decimalOf, MOST_TIMER_MINUTES, wholeOf } from '@watchbill/kit/command/numbers';
import type { Command } from 'commander';
import type { BackupInput, BackupPorts } from '../../run/operations/index.ts';
import { addTargetOptions, stateFolder, type TargetFlags } from '../command-ports.ts';
import { NETWORK_FILE, readGraph } from '../network-file.ts';
import { untilStopped } from '../secrets/machine.ts';

/** Flags of every command about backups. */
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
    .option(
      '--file <file>',
      'network file; its section `backup` has the settings that no flag gives',
      NETWORK_FILE,
    )
    .option('--node <name>', 'node; left out: the only one of the role backup')
    .option(
      '--local <folder>',
      'the network runs on this machine, from that folder (`fleet local up --local`)',
    )
    .option(
      '--archive <address>',
      'folder:/PATH, rclone:REMOTE:PATH or restic:REPOSITORY (on a cluster, default: snapshots of volumes)',
    )
    .option('--rclone-config <file>', 'configuration of rclone, on the machine of the node')
    .option('--repository-file <file>', 'file with the secret address of a restic repository')
    .option('--password-file <file>', 'file with the password of the archive, on the machine of the node')
    .option('--at-once <count>', 'files that are copied at the same time, 1 to 64 (default: 4)')
    .option('--state <folder>', 'folder for records (default: .watchbill-fleet beside the network file)')
    .option('--timeout <minutes>', 'longest time for all of it', '720')
    .option('--json', 'print JSON');
}

/** The ports and the input of an operation on backups, as the flags name them. A stop signal ends it. */
export async function withBackupInput<Value>(
  io: Io,
  flags: BackupFlags,
  work: (ports: BackupPorts, input: BackupInput) => Promise<Value>,
): Promise<Value> {
  const { network } = await readGraph(io, flags.file);
  const { backupNode, createBackupPorts } = await import('../../run/operations/index.ts');
  const { atOnce, local } = flags;
  const files = { where: 'flag --at-once', of: 'files', least: 1, most: 64 };
  const ports = createBackupPorts({
    clock: io.clock,
    cwd: io.cwd,
    env: io.env,
    kubeconfig: flags.kubeconfig,
    sshConfig: flags.sshConfig,
    records: join(stateFolder(io, flags), 'backups'),
    openLocal:
      local === undefined
        ? null
        : async (network, node) => {
            const { openNodeHere } = await import('../../lab/operate/index.ts');
            return openNodeHere(resolve(io.cwd, local), network, node);
          },
  });
  const archive = {
    address: flags.archive,
    rcloneConfig: flags.rcloneConfig,
    repositoryFile: flags.repositoryFile,
    passwordFile: flags.passwordFile,
    atOnce: atOnce === undefined ? undefined : wholeOf(atOnce, files),
  };
  const node = backupNode(network, flags.node, flags.file);
  const timeoutMs = minutesOf(flags.timeout, '--timeout');
  return untilStopped(io, (signal) =>
    work(ports, { network, node, archive, here: flags.here === true, timeoutMs, signal }),
  );
}

/** One line of JSON for each event, or the text. */
export function say(io: Io, { json }: BackupFlags, line: object, text: string): void {
  io.out(json === true ? `${JSON.stringify(line)}\n` : `${text}\n`);
}

/** Minutes of a flag, in milliseconds. */
export function minutesOf(text: string, flag: string): number {
  const asked = { where: `flag ${flag}`, of: 'minutes', least: 0.001, most: MOST_TIMER_MINUTES };
  return Math.ceil(decimalOf(text, asked) * 60_000);
}
