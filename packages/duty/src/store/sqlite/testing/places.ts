import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type SmallDisk as MountedDisk, mountSmallDisk } from '@watchbill/kit/testing';

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

/** A small file system that holds the place. */
export type SmallDisk = Place & MountedDisk;

/** The reason why this process cannot mount a small file system, or null if it can. */
export const noSmallDisk: string | null = whyNoSmallDisk();

function whyNoSmallDisk(): string | null {
  const probe = place();
  const disk = mountSmallDisk(probe.directory);
  if (typeof disk !== 'string') disk.unmount();
  probe.remove();
  return typeof disk === 'string' ? disk : null;
}

export function smallDisk(test?: Ending): SmallDisk {
  const outer = place();
  const disk = mountSmallDisk(outer.directory);
  if (typeof disk === 'string') throw new Error(disk);
  const remove = () => {
    disk.unmount();
    outer.remove();
  };
  test?.after(remove);
  return { ...outer, ...disk, remove };
}
