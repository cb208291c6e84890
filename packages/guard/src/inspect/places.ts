import { lstat, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** A larger file is not a configuration that a person wrote. */
const MOST_BYTES = 1024 * 1024;
const MOST_FILES = 1_000;

/** The files of a machine, and what kept the doctor from reading some. `root` is its root folder. */
export function machineAt(root: string) {
  const [closed, unknown]: [string[], string[]] = [[], []];
  /** Null if the place does not exist, or is closed to this user. */
  const unlessClosed = async <Value>(path: string, read: (full: string) => Promise<Value>) => {
    try {
      return await read(join(root, path));
    } catch (error) {
      const { code = '' } = error as NodeJS.ErrnoException;
      const facts = await lstat(join(root, path)).catch(() => null);
      if (code === 'EACCES' || code === 'EPERM') closed.push(path);
      // Below another root, a link may lead to a place that is not there.
      else if (facts?.isSymbolicLink()) unknown.push(`${path} is a link that leads nowhere`);
      else if (code !== 'ENOENT' && code !== 'ENOTDIR') unknown.push(`${path}: ${code}`);
      return null;
    }
  };
  const pathsOf = async (pattern: string): Promise<readonly string[]> => {
    let paths = [''];
    for (const part of pattern.split('/').slice(1)) {
      const fits = new RegExp(`^${part.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')}$`);
      const namesIn = async (path: string): Promise<readonly string[]> =>
        part.includes('*') ? ((await unlessClosed(path, (full) => readdir(full))) ?? []) : [part];
      const all = await Promise.all(paths.map(namesIn));
      paths = paths.flatMap((path, at) =>
        (all[at] ?? []).filter((name) => fits.test(name)).map((name) => `${path}/${name}`),
      );
    }
    return paths;
  };
  const textAt = (path: string): Promise<string | null> =>
    unlessClosed(path, async (full) => {
      const facts = await stat(full);
      if (facts.isFile() && facts.size <= MOST_BYTES)
        return (await readFile(full, 'utf8')).replaceAll('\r\n', '\n');
      if (facts.isFile()) unknown.push(`${path} has ${facts.size} bytes`);
      return null;
    });
  return {
    root,
    /** Places that this user cannot read. */
    closed,
    /** Places that exist and were not understood, with the reason. */
    unknown,
    /** The paths that fit; `*` is a part of one name. A pattern without `*` fits by itself. */
    paths: pathsOf,
    /** The files whose paths fit. */
    files: async (patterns: readonly string[]) => {
      const paths = [...new Set((await Promise.all(patterns.map(pathsOf))).flat())];
      if (paths.length > MOST_FILES) unknown.push(`${paths.length - MOST_FILES} of ${paths.length} files`);
      const found: { readonly path: string; readonly text: string }[] = [];
      for (const path of paths.slice(0, MOST_FILES)) {
        const text = await textAt(path);
        if (text !== null) found.push({ path, text });
      }
      return found;
    },
  };
}

export type Machine = ReturnType<typeof machineAt>;
