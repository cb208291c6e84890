import { shellWord } from '@watchbill/kit/ssh';
import { z } from 'zod';
import type { RunScript } from '../../machines/ssh.ts';
import { BackupFault } from '../backup-fault.ts';
import { readSums } from '../disk.ts';
import { fed, outputOf } from '../host.ts';
import type { FileSum } from '../manifest.ts';
import type { Archive, BackupName, Listed } from '../port.ts';
import { folderOf, listedOf, MANIFEST_FILE, nameOf } from './layout.ts';

export interface ResticOptions {
  readonly run: RunScript;
  /** As restic names it. If the address has a password in it, it is in a file. */
  readonly repository: { readonly address: string } | { readonly file: string };
  /** With the password of the repository, on the machine of the node. */
  readonly passwordFile: string;
  /** Connections at the same time, for a repository on the network. */
  readonly atOnce: number;
}

const REMEDY = 'try `restic snapshots` with the same repository and password file on the machine of the node';
const TAG = 'watchbill';
const snapshots = z
  .array(z.object({ id: z.string(), time: z.string(), tags: z.array(z.string()).nullish() }))
  .nullable();

type Part = 'data' | 'manifest';
interface Snapshot {
  readonly id: string;
  readonly part: Part;
  readonly name: BackupName;
}

/**
 * A repository of restic as an archive: data that is equal in several backups is stored once, and everything
 * is encrypted.
 */
export function resticArchive(options: ResticOptions): Archive {
  const restic = resticOf(options);
  const { address, program, ask } = restic;
  return {
    kind: 'restic',
    address,
    version: async (signal) => {
      // An existing repository with another password is never overwritten: init refuses it.
      await ask(`${program} cat config > /dev/null 2>&1 || ${program} init --quiet`, 'opening', signal);
      return (await ask('restic version', 'using', signal)).trim();
    },
    put: async (name, from, files, signal) => {
      const list = files.map(({ path }) => `${path}\n`).join('');
      const backup = `${program} backup --quiet --force --files-from-verbatim "$l" ${tags('data', name)}`;
      const script = `l=$(mktemp); trap 'rm -f -- "$l"' EXIT\n${fed('cat > "$l"', list)}\ncd -- ${shellWord(from)}\n${backup}`;
      await ask(script, 'copying to', signal);
    },
    digests: (name, signal) => digests(restic, name, signal),
    // The next `put` reads all files again, and makes a new snapshot.
    drop: async () => undefined,
    publish: async (name, text, signal) => {
      const quiet = `${program} backup --quiet --stdin --stdin-filename ${MANIFEST_FILE} ${tags('manifest', name)}`;
      await ask(fed(quiet, text), 'writing to', signal);
    },
    list: (signal) => list(restic, signal),
    get: async (name, _files, to, signal) => {
      const id = await newest(restic, name, signal);
      const restore = `${program} restore --quiet ${id} --target ${shellWord(to)}`;
      await ask(`mkdir -p -- ${shellWord(to)}\n${restore}`, 'copying from', signal);
    },
    remove: (name, signal) => remove(restic, name, signal),
  };
}

/** The program restic, as it reaches one repository. */
interface Restic {
  readonly address: string;
  /** With the options of every command. */
  readonly program: string;
  /** The output of a script. `what`: its purpose for a fault, for example `copying to`. */
  readonly ask: (script: string, what: string, signal: AbortSignal) => Promise<string>;
}

function resticOf({ run, repository, passwordFile, atOnce }: ResticOptions): Restic {
  const address = `restic:${'file' in repository ? `@${repository.file}` : repository.address}`;
  const where =
    'file' in repository
      ? `--repository-file ${shellWord(repository.file)}`
      : `--repo ${shellWord(repository.address)}`;
  const network =
    'address' in repository && /^rest:/.test(repository.address) ? ` -o rest.connections=${atOnce}` : '';
  return {
    address,
    program: `restic --no-cache ${where} --password-file ${shellWord(passwordFile)}${network}`,
    ask: (script, what, signal) =>
      outputOf(run, script, { what: `${what} ${address}`, code: 'archive', remedy: REMEDY }, signal),
  };
}

function tags(part: Part, name: BackupName): string {
  return `--host ${TAG} --tag ${TAG}-${part} --tag ${shellWord(`${TAG}:${folderOf(name)}`)}`;
}

/** Ours, oldest first. */
async function ours({ address, program, ask }: Restic, signal: AbortSignal): Promise<readonly Snapshot[]> {
  const text = await ask(`${program} snapshots --json`, 'listing', signal);
  const read = snapshots.safeParse(JSON.parse(text));
  if (!read.success) throw new BackupFault('archive', `the snapshots in ${address} cannot be read`, REMEDY);
  return (read.data ?? [])
    .toSorted((one, other) => (one.time < other.time ? -1 : 1))
    .flatMap(({ id, tags: marks }) => {
      const part = (['data', 'manifest'] as const).find((one) => marks?.includes(`${TAG}-${one}`));
      const named = marks?.find((tag) => tag.startsWith(`${TAG}:`))?.slice(TAG.length + 1);
      const name = nameOf(named ?? '');
      return part === undefined || name === null ? [] : [{ id, part, name }];
    });
}

/** The id of the newest snapshot with the files of a backup. */
async function newest(restic: Restic, name: BackupName, signal: AbortSignal): Promise<string> {
  const own = (await ours(restic, signal)).filter(
    (one) => one.part === 'data' && folderOf(one.name) === folderOf(name),
  );
  const id = own.at(-1)?.id;
  if (id !== undefined) return id;
  throw new BackupFault('archive', `${restic.address} has no files of ${folderOf(name)}`, REMEDY);
}

async function digests(restic: Restic, name: BackupName, signal: AbortSignal): Promise<readonly FileSum[]> {
  const { address, program, ask } = restic;
  const id = await newest(restic, name, signal);
  const sum = 'printf "%s  %s\\n" "$(sha256sum | cut -c1-64)" "$TAR_FILENAME"';
  const script = `c=$(mktemp); trap 'rm -f -- "$c"' EXIT
{ ${program} dump --archive tar ${id} / && echo well > "$c"; } | tar -x --to-command=${shellWord(sum)}
[ "$(cat "$c")" = well ]`;
  const sums = readSums(await ask(script, 'reading', signal));
  if (sums !== null) return sums;
  throw new BackupFault('archive', `the files in ${address} cannot be read back`, REMEDY);
}

async function list(restic: Restic, signal: AbortSignal): Promise<readonly Listed[]> {
  const { program, ask } = restic;
  const found = await ours(restic, signal);
  const byName = new Map(found.map(({ name }) => [folderOf(name), name]));
  const listed: Listed[] = [];
  for (const [folder, name] of byName) {
    const own = found.filter((one) => one.part === 'manifest' && folderOf(one.name) === folder).at(-1);
    const text =
      own === undefined ? null : await ask(`${program} dump ${own.id} ${MANIFEST_FILE}`, 'reading', signal);
    listed.push(listedOf(name, text));
  }
  return listed;
}

async function remove(restic: Restic, name: BackupName, signal: AbortSignal): Promise<void> {
  const { program, ask } = restic;
  const own = (await ours(restic, signal)).filter((one) => folderOf(one.name) === folderOf(name));
  const ids = (part: Part) =>
    own
      .filter((one) => one.part === part)
      .map(({ id }) => id)
      .join(' ');
  const forget = (part: Part) => (ids(part) === '' ? ':' : `${program} forget --quiet ${ids(part)}`);
  await ask(`${forget('manifest')}\n${forget('data')}\n${program} prune --quiet`, 'removing from', signal);
}
