import type { FileSum, Manifest } from './manifest.ts';

/** Differences between files and a manifest; all empty: the files are the backup, byte for byte. */
export interface Difference {
  readonly missing: readonly string[];
  readonly differing: readonly string[];
  readonly extra: readonly string[];
}

/** Compares files, by path and SHA-256, with those of a manifest. */
export function differenceOf({ files }: Pick<Manifest, 'files'>, found: readonly FileSum[]): Difference {
  const there = new Map(found.map(({ path, sha256 }) => [path, sha256]));
  const wanted = new Set(files.map(({ path }) => path));
  return {
    missing: files.filter(({ path }) => !there.has(path)).map(({ path }) => path),
    differing: files
      .filter(({ path, sha256 }) => there.has(path) && there.get(path) !== sha256)
      .map(({ path }) => path),
    extra: found.filter(({ path }) => !wanted.has(path)).map(({ path }) => path),
  };
}

export function isSame({ missing, differing, extra }: Difference): boolean {
  return missing.length === 0 && differing.length === 0 && extra.length === 0;
}

const MOST_NAMED = 3;

/** `2 files are missing (a, b), 1 file is another (c)`. */
export function differenceText({ missing, differing, extra }: Difference): string {
  const part = (names: readonly string[], what: string): readonly string[] => {
    if (names.length === 0) return [];
    const shown = names.slice(0, MOST_NAMED).join(', ');
    return [`${names.length} ${what} (${shown}${names.length > MOST_NAMED ? ', …' : ''})`];
  };
  return [
    ...part(missing, 'missing'),
    ...part(differing, 'other than they were'),
    ...part(extra, 'too many'),
  ].join(', ');
}
