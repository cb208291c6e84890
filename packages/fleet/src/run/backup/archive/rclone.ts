import { shellWord } from '@watchbill/kit/ssh';
import type { RunScript } from '../../machines/ssh.ts';
import { BackupFault } from '../backup-fault.ts';
import { readSums } from '../disk.ts';
import { fed, outputOf } from '../host.ts';
import type { BackedUpFile, FileSum } from '../manifest.ts';
import type { Archive, BackupName, Listed } from '../port.ts';
import { folderOf, listedOf, MANIFEST_FILE, nameOf } from './layout.ts';

export interface RcloneOptions {
  readonly run: RunScript;
  /** `REMOTE:PATH`, with REMOTE from the configuration. */
  readonly remote: string;
  /** On the machine of the node; null: rclone's default. It is the only place of the secrets. */
  readonly configFile: string | null;
  /** The password of an encrypted configuration; null if it is not encrypted. */
  readonly passwordFile: string | null;
  /** Files that are transferred at the same time. */
  readonly atOnce: number;
}

/** rclone splits the command at spaces, and reads each word as a field of CSV. */
function word(text: string): string {
  return `"${text.replaceAll('"', '""')}"`;
}

const REMEDY = 'try `rclone lsd` with the same configuration on the machine of the node';

/** An archive that rclone reaches. Runs on the machine of the node. */
export function rcloneArchive(options: RcloneOptions): Archive {
  const rclone = rcloneOf(options);
  return {
    kind: 'rclone',
    address: rclone.address,
    version: (signal) => version(rclone, signal),
    put: (name, from, files, signal) => put(rclone, name, from, files, signal),
    digests: (name, signal) => digests(rclone, name, signal),
    drop: async (name, paths, signal) => {
      const drop = `${rclone.program} delete ${dataOf(rclone, name)} --files-from-raw -`;
      await rclone.ask(fed(drop, lines(paths)), 'taking files from', signal);
    },
    publish: async (name, text, signal) => {
      await rclone.ask(fed(`${rclone.program} rcat ${manifestOf(rclone, name)}`, text), 'writing to', signal);
    },
    list: (signal) => list(rclone, signal),
    get: async (name, files, to, signal) => {
      const paths = lines(files.map(({ path }) => path));
      const copy = `${rclone.program} copy --checksum --files-from-raw - ${dataOf(rclone, name)} ${shellWord(to)}`;
      await rclone.ask(fed(copy, paths), 'copying from', signal);
    },
    remove: (name, signal) => remove(rclone, name, signal),
  };
}

/** The program rclone, as it reaches one archive. */
interface Rclone {
  readonly address: string;
  readonly remote: string;
  /** With the options of every command. */
  readonly program: string;
  /** The output of a script. `what`: its purpose for a fault, for example `copying to`. */
  readonly ask: (script: string, what: string, signal: AbortSignal) => Promise<string>;
}

function rcloneOf({ run, remote, configFile, passwordFile, atOnce }: RcloneOptions): Rclone {
  const address = `rclone:${remote}`;
  const program = [
    'rclone --ask-password=false --retries 3 --low-level-retries 5 --stats 0',
    `--transfers ${atOnce} --checkers ${atOnce}`,
    ...(configFile === null ? [] : [`--config ${shellWord(configFile)}`]),
    ...(passwordFile === null ? [] : [`--password-command ${shellWord(`cat ${word(passwordFile)}`)}`]),
  ].join(' ');
  return {
    address,
    remote,
    program,
    ask: (script, what, signal) =>
      outputOf(run, script, { what: `${what} ${address}`, code: 'archive', remedy: REMEDY }, signal),
  };
}

/** A path in the archive, as a word of a shell. */
function at({ remote }: Rclone, path: string): string {
  return shellWord(remote.endsWith(':') ? `${remote}${path}` : `${remote}/${path}`);
}

function dataOf(rclone: Rclone, name: BackupName): string {
  return at(rclone, `${folderOf(name)}/data`);
}

function manifestOf(rclone: Rclone, name: BackupName): string {
  return at(rclone, `${folderOf(name)}/${MANIFEST_FILE}`);
}

function lines(paths: readonly string[]): string {
  return paths.map((path) => `${path}\n`).join('');
}

/** The entries of a folder. A missing folder, for which rclone exits with 3, is empty. */
function entries({ program }: Rclone, path: string, flags: string): string {
  return `c=0; ${program} lsf ${flags} ${path} || c=$?; [ $c = 0 ] || [ $c = 3 ]`;
}

async function version(rclone: Rclone, signal: AbortSignal): Promise<string> {
  await rclone.ask(entries(rclone, shellWord(rclone.remote), '--max-depth 1'), 'using', signal);
  return (await rclone.ask('rclone version', 'using', signal)).split('\n')[0] ?? '';
}

async function put(
  rclone: Rclone,
  name: BackupName,
  from: string,
  files: readonly BackedUpFile[],
  signal: AbortSignal,
): Promise<void> {
  const { program, ask } = rclone;
  const to = dataOf(rclone, name);
  const there = (await ask(entries(rclone, to, '-R --files-only'), 'listing', signal)).split('\n');
  const wanted = new Set(files.map(({ path }) => path));
  const extra = there.filter((path) => path !== '' && !wanted.has(path));
  if (extra.length > 0)
    await ask(fed(`${program} delete ${to} --files-from-raw -`, lines(extra)), 'cleaning', signal);
  const copy = `${program} copy --checksum --no-traverse --files-from-raw - ${shellWord(from)} ${to}`;
  await ask(fed(copy, lines([...wanted])), 'copying to', signal);
}

async function digests(rclone: Rclone, name: BackupName, signal: AbortSignal): Promise<readonly FileSum[]> {
  const { program, ask, address } = rclone;
  const text = await ask(`${program} hashsum sha256 --download ${dataOf(rclone, name)}`, 'reading', signal);
  const sums = readSums(text);
  if (sums !== null) return sums;
  throw new BackupFault('archive', `the files in ${address} cannot be read back`, REMEDY);
}

async function list(rclone: Rclone, signal: AbortSignal): Promise<readonly Listed[]> {
  const { ask, remote } = rclone;
  const asked = entries(rclone, shellWord(remote), '-R --dirs-only --max-depth 3');
  const folders = (await ask(asked, 'listing', signal)).split('\n');
  const texts = await ask(manifestsScript(rclone), 'reading', signal);
  const found = new Map(
    texts.split('\n').flatMap((line) => {
      const [path = '', content = ''] = line.split(' ');
      return content === '' ? [] : [[path, Buffer.from(content, 'base64').toString('utf8')] as const];
    }),
  );
  return folders.flatMap((folder) => {
    const name = nameOf(folder);
    return name === null ? [] : [listedOf(name, found.get(folderOf(name)) ?? null)];
  });
}

async function remove(rclone: Rclone, name: BackupName, signal: AbortSignal): Promise<void> {
  const { program, ask } = rclone;
  const manifest = manifestOf(rclone, name);
  const gone = `c=0; ${program} deletefile ${manifest} || c=$?; [ $c = 0 ] || [ $c = 3 ] || [ $c = 4 ]`;
  await ask(`${gone}\n${program} purge ${at(rclone, folderOf(name))}`, 'removing from', signal);
}

/**
 * Copies all manifests into a new folder, then prints a line for each: its folder, and the manifest in
 * base64.
 */
function manifestsScript({ program, remote }: Rclone): string {
  return `t=$(mktemp -d); trap 'rm -rf -- "$t"' EXIT
c=0; ${program} copy --max-depth 4 --include '/*/*/*/${MANIFEST_FILE}' ${shellWord(remote)} "$t" || c=$?; [ $c = 0 ] || [ $c = 3 ]
cd -- "$t"
for f in */*/*/${MANIFEST_FILE}; do [ -f "$f" ] || continue
  printf '%s ' "$(dirname -- "$f")"; base64 -w0 < "$f"; echo
done`;
}
