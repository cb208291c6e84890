import { existsSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A wall clock of one process that tests may step while it runs. */
export interface SteppedClock {
  /** Environment variables that the process must get at its start. */
  readonly env: Readonly<Record<string, string>>;
  /** Its clock is this far ahead of the machine's (negative: behind), from at most a second later on. */
  setOffset(offsetSeconds: number): void;
}

const LIBRARY = 'faketime/libfaketimeMT.so.1';
const LIBRARY_ROOTS = ['/usr/lib', '/lib'];

/** The library of the Debian package `faketime`; null if it is not installed. */
export function findFaketime(): string | null {
  for (const root of LIBRARY_ROOTS) {
    const folders = existsSync(root)
      ? ['', ...readdirSync(root).filter((name) => name.includes('-linux-'))]
      : [];
    const found = folders.map((folder) => join(root, folder, LIBRARY)).find((path) => existsSync(path));
    if (found !== undefined) return found;
  }
  return null;
}

/**
 * The library is preloaded and reads the offset anew from a file. The monotonic clock stays true, as it does
 * when a real machine's clock is set: timeouts and sleeps keep their length, slots are counted by the wall.
 */
export function steppedClock(file: string): SteppedClock {
  const library = findFaketime();
  if (library === null) throw new Error('libfaketime is missing; run: apt-get install faketime');
  const setOffset = (offsetSeconds: number): void => {
    const sign = offsetSeconds < 0 ? '' : '+';
    writeFileSync(`${file}.new`, `${sign}${offsetSeconds}\n`);
    renameSync(`${file}.new`, file);
  };
  setOffset(0);
  return {
    env: {
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_CACHE_DURATION: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    },
    setOffset,
  };
}
