import { counted, table } from '@watchbill/base';
import type { Listed } from '@watchbill/fleet-run/backup';
import type { Command } from 'commander';
import { lines, print } from '../../../output/print.ts';
import { age } from '../../../output/text.ts';
import { type Context, withExamples, withStatuses } from '../../../process/context.ts';
import { usageFault } from '../../../process/fault.ts';
import type { Io } from '../../../process/io.ts';
import { wholeOf } from '../../../process/numbers.ts';
import { addBackupOptions, type BackupFlags } from './flags.ts';
import { withShelf } from './hands.ts';
import { sizeText } from './text.ts';

const HERE = 'the archive is reached from this machine, not from that of the node';

/** `fleet backup list`: what the archive has of a node. */
export function addBackupList(parent: Command, { io }: Context): void {
  const command = parent
    .command('list')
    .description('list the backups of a node: age, height, size; changes nothing');
  addBackupOptions(command)
    .option('--here', HERE)
    .action((options: BackupFlags) => list(io, options));
  withExamples(command, [
    'watchbill fleet backup list --here --archive folder:/mnt/backups',
    'watchbill fleet backup list --json',
  ]);
}

async function list(io: Io, flags: BackupFlags): Promise<void> {
  await withShelf(io, flags, async ({ shelf, node, network, signal }) => {
    const own = ownBackups(await shelf.list(signal), network.name, node.name);
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

/** Of one node, newest first. */
export function ownBackups(listed: readonly Listed[], network: string, node: string): readonly Listed[] {
  return listed
    .filter((one) => one.network === network && one.node === node)
    .toSorted((one, other) => (one.id < other.id ? 1 : -1));
}

interface VerifyFlags extends BackupFlags {
  readonly backup?: string;
}

/** `fleet backup verify`: reads a backup back, all of it. */
export function addBackupVerify(parent: Command, { io }: Context): void {
  const command = parent.command('verify').description('read a backup back from the archive, every byte');
  addBackupOptions(command)
    .option('--backup <id>', 'which; left out: the newest')
    .option('--here', HERE)
    .action((options: VerifyFlags) => verify(io, options));
  withExamples(withStatuses(command, { denied: 'the backup is damaged' }), [
    'watchbill fleet backup verify --here --archive folder:/mnt/backups',
  ]);
}

async function verify(io: Io, flags: VerifyFlags): Promise<void> {
  await withShelf(io, flags, async ({ door, shelf, archive, cluster, network, node, signal }) => {
    const wanted = { network: network.name, node: node.name, id: flags.backup ?? null };
    const manifest = door.chosenBackup(await shelf.list(signal), wanted);
    if (cluster !== null) await door.verifyVolumes(cluster, network.name, manifest, signal);
    if (archive !== null) {
      const difference = door.differenceOf(manifest, await archive.digests(manifest, signal));
      if (!door.isSame(difference))
        throw new door.BackupFault(
          'damaged',
          `backup ${manifest.id} is damaged: ${door.differenceText(difference)}`,
          'make another one, and see what happened to the archive',
        );
    }
    const { id, files, volumes, totalBytes } = manifest;
    print(io, flags.json, { id, files: files.length, volumes, totalBytes, whole: true }, () =>
      lines([
        archive === null
          ? `${id}: its ${counted(volumes.length, 'snapshot')} can be used; what is in them a drill shows`
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
    .option('--keep-last <count>', 'so many of the newest stay')
    .option('--keep-days <days>', 'all that are not older stay')
    .option('--apply', 'remove them')
    .option('--here', HERE)
    .action((options: PruneFlags) => prune(io, options));
  withExamples(command, ['watchbill fleet backup prune --keep-last 7 --keep-days 30 --apply']);
}

async function prune(io: Io, flags: PruneFlags): Promise<void> {
  await withShelf(io, flags, async ({ door, shelf, network, node, signal }) => {
    const own = network.file.backup?.keep;
    const keep = {
      last: countOf(flags.keepLast, '--keep-last', own?.last),
      days: countOf(flags.keepDays, '--keep-days', own?.days),
    };
    if (keep.last === null && keep.days === null)
      throw usageFault(
        'how many stay?',
        'say --keep-last or --keep-days, or write backup.keep in the network file',
        'flag --keep-last',
      );
    const listed = ownBackups(await shelf.list(signal), network.name, node.name);
    const whole = listed.flatMap(({ id, manifest }) =>
      manifest === null ? [] : [{ id, madeAtMs: Date.parse(manifest.madeAt) }],
    );
    const kept = door.retain(whole, keep, io.clock.nowMs());
    // One that is not whole may be on its way; it goes when a whole one is newer.
    const newest = kept.keep[0] ?? '';
    const left = listed.filter(({ id, manifest }) => manifest === null && id < newest).map(({ id }) => id);
    const needed = listed.filter(({ neededBy = [] }) => neededBy.length > 0);
    const isNeeded = (id: string): boolean => needed.some((one) => one.id === id);
    const due = [...kept.remove, ...left];
    const remove = due.filter((id) => !isNeeded(id));
    const held = needed.flatMap(({ id, neededBy = [] }) => (due.includes(id) ? [{ id, neededBy }] : []));
    if (flags.apply === true)
      for (const id of remove) await shelf.remove({ network: network.name, node: node.name, id }, signal);
    print(io, flags.json, { keep: kept.keep, held, remove, removed: flags.apply === true }, () =>
      lines([
        ...kept.keep.map((id) => `stays    ${id}`),
        ...held.map(({ id, neededBy }) => `stays    ${id}: ${neededBy.join(', ')} needs it`),
        ...remove.map((id) => `${flags.apply === true ? 'removed' : 'goes   '}  ${id}`),
        ...(flags.apply === true || remove.length === 0 ? [] : ['nothing was removed: say --apply']),
      ]),
    );
  });
}

function countOf(text: string | undefined, flag: string, written: number | undefined): number | null {
  if (text === undefined) return written ?? null;
  const of = flag === '--keep-days' ? 'days' : 'backups';
  return wholeOf(text, { where: `flag ${flag}`, of, least: 1, most: 10_000 });
}
