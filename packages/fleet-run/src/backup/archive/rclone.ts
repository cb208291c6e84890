import { quote } from '../../machines/script.ts';
import type { RunScript } from '../../machines/ssh.ts';
import { readSums } from '../disk.ts';
import { BackupFault } from '../fault.ts';
import { fed, outputOf } from '../host.ts';
import type { Archive } from '../port.ts';
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
export function rcloneArchive({ run, remote, configFile, passwordFile, atOnce }: RcloneOptions): Archive {
  const address = `rclone:${remote}`;
  const rclone = [
    'rclone --ask-password=false --retries 3 --low-level-retries 5 --stats 0',
    `--transfers ${atOnce} --checkers ${atOnce}`,
    ...(configFile === null ? [] : [`--config ${quote(configFile)}`]),
    ...(passwordFile === null ? [] : [`--password-command ${quote(`cat ${word(passwordFile)}`)}`]),
  ].join(' ');
  const ask = (script: string, what: string, signal: AbortSignal) =>
    outputOf(run, script, { what: `${what} ${address}`, code: 'archive', remedy: REMEDY }, signal);
  const at = (path: string) => quote(remote.endsWith(':') ? `${remote}${path}` : `${remote}/${path}`);
  const listOf = (paths: readonly string[]) => paths.map((path) => `${path}\n`).join('');
  /** The entries of a folder. A missing folder, for which rclone exits with 3, is empty. */
  const names = (path: string, flags: string) =>
    `c=0; ${rclone} lsf ${flags} ${path} || c=$?; [ $c = 0 ] || [ $c = 3 ]`;
  return {
    kind: 'rclone',
    address,
    version: async (signal) => {
      await ask(names(quote(remote), '--max-depth 1'), 'using', signal);
      return (await ask('rclone version', 'using', signal)).split('\n')[0] ?? '';
    },
    put: async (name, from, files, signal) => {
      const to = at(`${folderOf(name)}/data`);
      const there = (await ask(names(to, '-R --files-only'), 'listing', signal)).split('\n');
      const wanted = new Set(files.map(({ path }) => path));
      const extra = there.filter((path) => path !== '' && !wanted.has(path));
      if (extra.length > 0)
        await ask(fed(`${rclone} delete ${to} --files-from-raw -`, listOf(extra)), 'cleaning', signal);
      await ask(
        fed(
          `${rclone} copy --checksum --no-traverse --files-from-raw - ${quote(from)} ${to}`,
          listOf([...wanted]),
        ),
        'copying to',
        signal,
      );
    },
    digests: async (name, signal) => {
      const text = await ask(
        `${rclone} hashsum sha256 --download ${at(`${folderOf(name)}/data`)}`,
        'reading',
        signal,
      );
      const sums = readSums(text);
      if (sums !== null) return sums;
      throw new BackupFault('archive', `the files in ${address} cannot be read back`, REMEDY);
    },
    drop: async (name, paths, signal) => {
      await ask(
        fed(`${rclone} delete ${at(`${folderOf(name)}/data`)} --files-from-raw -`, listOf(paths)),
        'taking files from',
        signal,
      );
    },
    publish: async (name, text, signal) => {
      await ask(
        fed(`${rclone} rcat ${at(`${folderOf(name)}/${MANIFEST_FILE}`)}`, text),
        'writing to',
        signal,
      );
    },
    list: async (signal) => {
      const folders = (
        await ask(names(quote(remote), '-R --dirs-only --max-depth 3'), 'listing', signal)
      ).split('\n');
      const texts = await ask(manifestsScript(rclone, remote), 'reading', signal);
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
    },
    get: async (name, files, to, signal) => {
      const from = at(`${folderOf(name)}/data`);
      const paths = listOf(files.map(({ path }) => path));
      await ask(
        fed(`${rclone} copy --checksum --files-from-raw - ${from} ${quote(to)}`, paths),
        'copying from',
        signal,
      );
    },
    remove: async (name, signal) => {
      const manifest = at(`${folderOf(name)}/${MANIFEST_FILE}`);
      const gone = `c=0; ${rclone} deletefile ${manifest} || c=$?; [ $c = 0 ] || [ $c = 3 ] || [ $c = 4 ]`;
      await ask(`${gone}\n${rclone} purge ${at(folderOf(name))}`, 'removing from', signal);
    },
  };
}

/**
 * Copies all manifests into a new folder, then prints a line for each: its folder, and the manifest in
 * base64.
 */
function manifestsScript(rclone: string, remote: string): string {
  return `t=$(mktemp -d); trap 'rm -rf -- "$t"' EXIT
c=0; ${rclone} copy --max-depth 4 --include '/*/*/*/${MANIFEST_FILE}' ${quote(remote)} "$t" || c=$?; [ $c = 0 ] || [ $c = 3 ]
cd -- "$t"
for f in */*/*/${MANIFEST_FILE}; do [ -f "$f" ] || continue
  printf '%s ' "$(dirname -- "$f")"; base64 -w0 < "$f"; echo
done`;
}
