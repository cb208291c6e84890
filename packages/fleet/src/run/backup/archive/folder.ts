import { shellWord } from '@watchbill/kit/ssh';
import type { RunScript } from '../../machines/ssh.ts';
import { sumsBelow } from '../disk.ts';
import { fed, outputOf } from '../host.ts';
import type { Archive, Listed } from '../port.ts';
import { folderOf, listedOf, MANIFEST_FILE, nameOf } from './layout.ts';

export interface FolderOptions {
  readonly run: RunScript;
  /** Absolute, on the machine of the node: a mounted disk. */
  readonly root: string;
  /** Files that are copied at the same time. */
  readonly atOnce: number;
}

const REMEDY = 'check that the folder is mounted, is writable and has free space';

/** One file: copied unless its bytes are there already. It gets its name only when it is complete. */
const COPY = `sum=$1; path=$2
if [ -f "$to/$path" ] && [ "$(sha256sum < "$to/$path" | cut -c1-64)" = "$sum" ]; then exit 0; fi
mkdir -p -- "$(dirname -- "$to/$path")"
cp --reflink=auto -- "$from/$path" "$to/$path.part"
sync -- "$to/$path.part"
mv -T -- "$to/$path.part" "$to/$path"`;

/** An archive in a folder that the machine of the node can reach. */
export function folderArchive({ run, root, atOnce }: FolderOptions): Archive {
  const address = `folder:${root}`;
  const ask = (script: string, what: string, signal: AbortSignal) =>
    outputOf(run, script, { what: `${what} ${address}`, code: 'archive', remedy: REMEDY }, signal);
  const at = (folder: string) => `${root}/${folder}`;
  return {
    kind: 'folder',
    address,
    version: async (signal) => {
      await ask(
        `[ -d ${shellWord(root)} ] && [ -w ${shellWord(root)} ] || { echo 'there is no such folder, or it cannot be written' >&2; exit 66; }`,
        'using',
        signal,
      );
      return (await ask('cp --version | head -n 1', 'using', signal)).trim();
    },
    put: async (name, from, files, signal) => {
      const to = `${at(folderOf(name))}/data`;
      const wanted = files
        .map(({ path }) => `./${path}\n`)
        .sort()
        .join('');
      const list = files.map(({ sha256, path }) => `${sha256}\n${path}\n`).join('');
      const script = `export from=${shellWord(from)} to=${shellWord(to)}
mkdir -p -- "$to"
w=$(mktemp); h=$(mktemp); trap 'rm -f -- "$w" "$h"' EXIT
${fed('LC_ALL=C sort > "$w"', wanted)}
(cd -- "$to" && find . ! -type d -print | LC_ALL=C sort > "$h")
LC_ALL=C comm -13 "$w" "$h" | (cd -- "$to" && xargs -r -d '\\n' rm -f --)
${fed(`xargs -r -d '\\n' -P ${atOnce} -n 2 sh -ec ${shellWord(COPY)} sh`, list)}`;
      await ask(script, 'copying to', signal);
    },
    digests: (name, signal) => sumsBelow(run, `${at(folderOf(name))}/data`, signal),
    drop: async (name, paths, signal) => {
      const script = `cd -- ${shellWord(`${at(folderOf(name))}/data`)}\n${fed("xargs -r -d '\\n' rm -f --", paths.map((path) => `./${path}\n`).join(''))}`;
      await ask(script, 'taking files from', signal);
    },
    publish: async (name, text, signal) => {
      const file = `${at(folderOf(name))}/${MANIFEST_FILE}`;
      await ask(
        `f=${shellWord(file)}\n${fed('cat > "$f.part"', text)}\nsync -- "$f.part"\nmv -T -- "$f.part" "$f"`,
        'writing to',
        signal,
      );
    },
    list: async (signal) => listFolders(await ask(listScript(root), 'listing', signal)),
    get: async (name, files, to, signal) => {
      const list = files.map(({ sha256, path }) => `${sha256}\n${path}\n`).join('');
      const script = `export from=${shellWord(`${at(folderOf(name))}/data`)} to=${shellWord(to)}
mkdir -p -- "$to"
${fed(`xargs -r -d '\\n' -P ${atOnce} -n 2 sh -ec ${shellWord(COPY)} sh`, list)}`;
      await ask(script, 'copying from', signal);
    },
    remove: async (name, signal) => {
      const folder = shellWord(at(folderOf(name)));
      await ask(`rm -f -- ${folder}/${MANIFEST_FILE}\nrm -rf -- ${folder}`, 'removing from', signal);
    },
  };
}

/** A line for each backup: its folder, and its manifest in base64 or `-`. */
function listScript(root: string): string {
  return `cd -- ${shellWord(root)}
for d in */*/*/; do [ -d "$d" ] || continue
  if [ -f "\${d}${MANIFEST_FILE}" ]; then printf '%s ' "$d"; base64 -w0 < "\${d}${MANIFEST_FILE}"; echo; else echo "$d -"; fi
done`;
}

function listFolders(text: string): readonly Listed[] {
  return text.split('\n').flatMap((line) => {
    const [path = '', content = ''] = line.split(' ');
    const name = nameOf(path);
    if (name === null) return [];
    return [listedOf(name, content === '-' ? null : Buffer.from(content, 'base64').toString('utf8'))];
  });
}
