import { shellWord } from '@watchbill/kit/ssh';
import type { RunScript } from '../machines/ssh.ts';
import { BackupFault } from './backup-fault.ts';
import { chainOfFiles, contentsOf, type FoundFile } from './contents.ts';
import { fed, outputOf } from './host.ts';
import { type BackedUpFile, type FileSum, inOrder } from './manifest.ts';

/** Programs that read files at the same time. */
const READERS = 4;
const SUM = /^([0-9a-f]{64}) {2}(.+)$/;

/**
 * Path and SHA-256 of the files that are given as lines, from a folder. Lines of one program come whole:
 * those of eight paths are less than a pipe takes at once.
 */
export function sumsScript(folder: string, paths: readonly string[]): string {
  return `cd -- ${shellWord(folder)}\n${fed(`xargs -r -d '\\n' -P ${READERS} -n 8 sha256sum --`, paths.map((path) => `${path}\n`).join(''))}`;
}

/** Reads lines of sha256sum; null if one is invalid. */
export function readSums(text: string): readonly FileSum[] | null {
  const lines = text.split('\n').filter((line) => line !== '');
  const sums = lines.flatMap((line) => {
    const [, sha256, path] = SUM.exec(line) ?? [];
    return sha256 === undefined || path === undefined ? [] : [{ path: path.replace(/^\.\//, ''), sha256 }];
  });
  return sums.length === lines.length ? sums : null;
}

export interface LookedFiles {
  readonly files: readonly BackedUpFile[];
  readonly leftOut: readonly string[];
  readonly chainId: string;
  readonly database: 'rocksdb' | 'paritydb';
}

const ASKED = { code: 'contents', remedy: 'check that the folder of the node can be read' } as const;

/** The files of a backup, with sizes and SHA-256, from the folder of a stopped node. Throws a BackupFault. */
export async function lookAtFolder(
  run: RunScript,
  folder: string,
  signal: AbortSignal,
): Promise<LookedFiles> {
  // Types other than files and folders are named too: a link inside a database could lead to a key.
  const list = `cd -- ${shellWord(folder)}\nfind . -mindepth 1 ! -type d -printf '%y %s %P\\n'`;
  const text = await outputOf(run, list, { what: `looking at ${folder}`, ...ASKED }, signal);
  const { files: found, leftOut } = partedOf(folder, text);
  const chain = chainOfFiles(found);
  if (chain === null)
    throw new BackupFault(
      'contents',
      `${folder} does not have the database of exactly one chain`,
      'list data/chains: a node of one chain has one folder there with db or paritydb',
    );
  const sumsText = await outputOf(
    run,
    sumsScript(
      folder,
      found.map(({ path }) => path),
    ),
    { what: `reading ${folder}`, ...ASKED },
    signal,
  );
  const sums = new Map(readSums(sumsText)?.map(({ path, sha256 }) => [path, sha256]) ?? []);
  const files = found.map(({ path, bytes }): BackedUpFile => {
    const sha256 = sums.get(path);
    if (sha256 === undefined)
      throw new BackupFault(
        'contents',
        `${path} was removed while it was read`,
        'find out what else writes to that folder',
      );
    return { path, bytes, sha256 };
  });
  return { files: inOrder(files), leftOut, ...chain };
}

function partedOf(
  folder: string,
  text: string,
): { readonly files: readonly FoundFile[]; readonly leftOut: readonly string[] } {
  const lines = text.split('\n').flatMap((line) => {
    const [, type = '', bytes = '', path = ''] = /^(\S) (\d+) (.+)$/.exec(line) ?? [];
    return type === '' ? [] : [{ type, path, bytes: Number(bytes) }];
  });
  const { files, leftOut, strange } = contentsOf(lines.filter(({ type }) => type === 'f'));
  const links = contentsOf(lines.filter(({ type }) => type !== 'f'));
  const wrong = [...strange, ...links.strange, ...links.files.map(({ path }) => path)];
  if (wrong.length > 0)
    throw new BackupFault(
      'contents',
      `${folder} has files in its database that do not belong there: ${wrong.slice(0, 3).join(', ')}`,
      'move them away: one could be a key, and a backup must not contain keys',
    );
  return { files, leftOut: [...new Set([...leftOut, ...links.leftOut])].sort() };
}

/** The files below a folder with their SHA-256, for restored files before their use. */
export async function sumsBelow(
  run: RunScript,
  folder: string,
  signal: AbortSignal,
): Promise<readonly FileSum[]> {
  const script = `cd -- ${shellWord(folder)}\nfind . -mindepth 1 ! -type d -printf '%P\\0' | xargs -r -0 -P ${READERS} -n 8 sha256sum --`;
  const text = await outputOf(run, script, { what: `reading ${folder}`, ...ASKED }, signal);
  const sums = readSums(text);
  if (sums !== null) return sums;
  throw new BackupFault('contents', `the content of ${folder} cannot be read`, ASKED.remedy);
}
