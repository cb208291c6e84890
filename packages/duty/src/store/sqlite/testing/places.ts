import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** An object that calls back at the end of a test: the context of `node:test`. */
interface Ending {
  after(run: () => void): void;
}

/** A directory for one test, removed by hand or at the end of the test. */
export interface Place {
  readonly directory: string;
  readonly path: string;
  remove(): void;
}

export function place(test?: Ending): Place {
  const directory = mkdtempSync(join(tmpdir(), 'watchbill-sqlite-'));
  const remove = () => rmSync(directory, { recursive: true, force: true });
  test?.after(remove);
  return { directory, path: join(directory, 'store.db'), remove };
}

/** A small file system, of one megabyte. */
export interface SmallDisk extends Place {
  /** Leave no free byte. */
  fill(): void;
  free(): void;
  setReadOnly(readOnly: boolean): void;
}

/** The reason why this process cannot mount a small file system, or null if it can. */
export const noSmallDisk: string | null = whyNoSmallDisk();

function whyNoSmallDisk(): string | null {
  if (process.getuid?.() !== 0) return 'mounting a small file system needs root';
  const probe = place();
  const mounted = mount(probe.directory);
  if (mounted === null) run('umount', probe.directory);
  probe.remove();
  return mounted;
}

/** Null if it was mounted, else the message of mount. */
function mount(directory: string): string | null {
  const done = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'watchbill', directory], {
    encoding: 'utf8',
  });
  if (done.status === 0) return null;
  return `a small file system could not be mounted: ${done.stderr?.trim() || done.error?.message}`;
}

function run(command: string, ...args: readonly string[]): void {
  const done = spawnSync(command, args, { encoding: 'utf8' });
  if (done.status !== 0) throw new Error(`${command} ${args.join(' ')}: ${done.stderr}`);
}

export function smallDisk(test?: Ending): SmallDisk {
  const outer = place();
  const failed = mount(outer.directory);
  if (failed !== null) throw new Error(failed);
  const filler = join(outer.directory, 'filler');
  const remove = () => {
    // Lazily, so that a failed test with an open store leaves no mount behind.
    run('umount', '--lazy', outer.directory);
    outer.remove();
  };
  test?.after(remove);
  return {
    ...outer,
    fill: () => fill(filler),
    free: () => rmSync(filler, { force: true }),
    setReadOnly: (readOnly) => run('mount', '-o', `remount,${readOnly ? 'ro' : 'rw'}`, outer.directory),
    remove,
  };
}

function fill(filler: string): void {
  for (let page = 0; page < 1_024; page++) {
    try {
      writeFileSync(filler, Buffer.alloc(4_096, 1), { flag: 'a' });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOSPC') return;
      throw error;
    }
  }
  throw new Error('the small disk never became full');
}
