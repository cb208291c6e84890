import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A file system of two megabytes, so that a test can fill it. */
export interface SmallDisk {
  /** Leave no free byte. */
  fill(): void;
  free(): void;
  setReadOnly(readOnly: boolean): void;
  /** Also while a process holds it: then it is gone with that process. */
  unmount(): void;
}

/** Mounted at the folder, which is made; a text says why it cannot be. */
export function mountSmallDisk(folder: string): SmallDisk | string {
  if (process.getuid?.() !== 0) return 'mounting a small file system needs root';
  mkdirSync(folder, { recursive: true });
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=2m,mode=0700', 'watchbill', folder], {
    encoding: 'utf8',
  });
  if (mounted.status !== 0)
    return `a small file system could not be mounted: ${mounted.stderr?.trim() || mounted.error?.message}`;
  const filler = join(folder, 'filler');
  return {
    fill: () => fill(filler),
    free: () => rmSync(filler, { force: true }),
    setReadOnly: (readOnly) =>
      void execFileSync('mount', ['-o', `remount,${readOnly ? 'ro' : 'rw'}`, folder], { stdio: 'pipe' }),
    unmount: () => void spawnSync('umount', ['--lazy', folder]),
  };
}

function fill(filler: string): void {
  for (let page = 0; page < 4_096; page++) {
    try {
      writeFileSync(filler, Buffer.alloc(4_096, 1), { flag: 'a' });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOSPC') return;
      throw error;
    }
  }
  throw new Error('the small disk never became full');
}
