import { counted, table } from '@watchbill/kit';
import { type Context, withExamples, withStatuses } from '@watchbill/kit/command/context';
import type { Io } from '@watchbill/kit/command/io';
import { wholeOf } from '@watchbill/kit/command/numbers';
import { lines, print } from '@watchbill/kit/command/print';
import { age } from '@watchbill/kit/command/text';
import type { Command } from 'commander';
import { addBackupOptions, type BackupFlags, withBackupInput } from './flags.ts';
import { sizeText } from './text.ts';

const HERE = 'the archive is reached from this machine, not from that of the node';

/** `fleet backup list`: the backups of a node in the archive. */
export function addBackupList(parent: Command, { io }: Context): void {
  const command = parent
    .command('list')
    .description('list the backups of a node: age, height, size; read-only');
  addBackupOptions(command)
    .option('--here', HERE)
    .action((options: BackupFlags) => list(io, options));
  withExamples(command, [
    'watchbill fleet backup list --here --archive folder:/mnt/backups',
    'watchbill fleet backup list --json',
  ]);
}

async function list(io: Io, flags: BackupFlags): Promise<void> {
  await withBackupInput(io, flags, async (ports, input) => {
    const { listBackups } = await import('../../run/operations/index.ts');
    const own = await listBackups(ports, input);
    const { node } = input;
    const now = io.clock.nowMs();
    const rows = own.map(({ id, manifest, detail }) => {
      if (manifest === null) return { id, state: 'not whole' as const, detail };
      const { madeAt, best, finalised, totalBytes, tool, nodeVersion, genesis, pruning, files, volumes } =
        manifest;
      const ageSeconds = Math.max(0, Math.floor((now - Date.parse(madeAt)) / 1_000));
      return {
        id,
        state: 'whole' as const,
        madeAt,
        ageSeconds,
        best,
        finalised,
        totalBytes,
        files: files.length,
        volumes,
        tool,
        nodeVersion,
        genesis,
        pruning,
      };
    });
    print(io, flags.json, { node: node.name, backups: rows }, () => {
      const cells = rows.map((row) =>
        row.state === 'whole'
          ? [
              row.id,
              `${age(row.ageSeconds * 1_000)}`,
              String(row.finalised.number),
              row.files === 0 ? '-' : sizeText(row.totalBytes),
              row.tool.kind,
              'whole',
            ]
          : [row.id, '-', '-', '-', '-', row.detail],
      );
      if (cells.length === 0) return lines([`no backup of ${node.name} yet`]);
      return table(['backup', 'age', 'final block', 'size', 'kept by', 'state'], cells);
    });
  });
}

interface VerifyFlags extends BackupFlags {
  readonly backup?: string;
}

/** `fleet backup verify`: reads a backup back, all of it. */
export function addBackupVerify(parent: Command, { io }: Context): void {
  const command = parent.command('verify').description('read a backup back from the archive, every byte');
  addBackupOptions(command)
    .option('--backup <id>', 'id of a backup (default: the newest)')
    .option('--here', HERE)
    .action((options: VerifyFlags) => verify(io, options));
  withExamples(withStatuses(command, { denied: 'the backup is damaged' }), [
    'watchbill fleet backup verify --here --archive folder:/mnt/backups',
  ]);
}

async function verify(io: Io, flags: VerifyFlags): Promise<void> {
  await withBackupInput(io, flags, async (ports, input) => {
    const { verifyBackup } = await import('../../run/operations/index.ts');
    const made = await verifyBackup(ports, { ...input, backup: flags.backup ?? null });
    const { id, files, volumes, totalBytes } = made;
    print(io, flags.json, { id, files: files.length, volumes, totalBytes, whole: true }, () =>
      lines([
        files.length === 0
          ? `${id}: its ${counted(volumes.length, 'snapshot')} can be used; a drill checks their content`
          : `${id} is whole: ${counted(files.length, 'file')}, ${sizeText(totalBytes)}`,
      ]),
    );
  });
}

interface PruneFlags extends BackupFlags {
  readonly keepLast?: string;
  readonly keepDays?: string;
  readonly apply?: boolean;
}

/** `fleet backup prune`: removes old backups of a node. */
export function addBackupPrune(parent: Command, { io }: Context): void {
  const command = parent
    .command('prune')
    .description('show which backups go; with --apply remove them. The newest whole one always stays');
  addBackupOptions(command)
    .option('--keep-last <count>', 'number of newest backups to keep')
    .option('--keep-days <days>', 'keep backups up to this age')
    .option('--apply', 'remove them')
    .option('--here', HERE)
    .action((options: PruneFlags) => prune(io, options));
  withExamples(command, ['watchbill fleet backup prune --keep-last 7 --keep-days 30 --apply']);
}

async function prune(io: Io, flags: PruneFlags): Promise<void> {
  await withBackupInput(io, flags, async (ports, input) => {
    const { pruneBackups } = await import('../../run/operations/index.ts');
    const apply = flags.apply === true;
    const last = countOf(flags.keepLast, '--keep-last');
    const days = countOf(flags.keepDays, '--keep-days');
    const { keep, held, remove } = await pruneBackups(ports, { ...input, keep: { last, days }, apply });
    print(io, flags.json, { keep, held, remove, removed: apply }, () =>
      lines([
        ...keep.map((id) => `stays    ${id}`),
        ...held.map(({ id, neededBy }) => `stays    ${id}: ${neededBy.join(', ')} needs it`),
        ...remove.map((id) => `${apply ? 'removed' : 'goes   '}  ${id}`),
        ...(apply || remove.length === 0 ? [] : ['no backup was removed: add --apply']),
      ]),
    );
  });
}

function countOf(text: string | undefined, flag: string): number | null {
  if (text === undefined) return null;
  const of = flag === '--keep-days' ? 'days' : 'backups';
  return wholeOf(text, { where: `flag ${flag}`, of, least: 1, most: 10_000 });
}
