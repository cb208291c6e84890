import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Stage } from '@watchbill/testkit/bench/stage';

/** A file system that can be made to stall. */
export interface StallingDisk {
  readonly folder: string;
  /** Writes and syncs wait from now on (`fsfreeze`). */
  freeze(): void;
  thaw(): void;
}

const BYTES = 512 * 1_024 * 1_024;

/** An ext4 of its own in a file of the stage. Throws where this user may not mount one. */
export async function stallingDisk(stage: Stage): Promise<StallingDisk> {
  if (process.getuid?.() !== 0) throw new Error('a disk that stalls is mounted: run this bench as root');
  const [image, folder] = [join(stage.folder, 'disk.img'), join(stage.folder, 'disk')];
  writeFileSync(image, '');
  truncateSync(image, BYTES);
  mkdirSync(folder);
  run('mkfs.ext4', '-q', image);
  const disk = { folder, ...freezer(folder) };
  const mounting = Promise.resolve().then(() => run('mount', '-o', 'loop', image, folder));
  await stage.start(mounting, async () => {
    disk.thaw();
    run('umount', '--lazy', folder);
    rmSync(image);
  });
  return disk;
}

function freezer(folder: string): Pick<StallingDisk, 'freeze' | 'thaw'> {
  let isFrozen = false;
  return {
    freeze: () => {
      run('fsfreeze', '--freeze', folder);
      isFrozen = true;
    },
    thaw: () => {
      if (isFrozen) run('fsfreeze', '--unfreeze', folder);
      isFrozen = false;
    },
  };
}

function run(program: string, ...args: readonly string[]): void {
  execFileSync(program, args, { stdio: ['ignore', 'ignore', 'pipe'], timeout: 30_000 });
}
