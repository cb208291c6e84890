import { randomBytes } from 'node:crypto';
import { lstat, readdir, rename, rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GuardFault } from '../fault.ts';
import type { KeyName } from './key-name.ts';
import type { OpenKey } from './sealed-folder.ts';

/** File systems that live in memory (`statfs(2)`): TMPFS_MAGIC and RAMFS_MAGIC. */
export const IN_MEMORY: readonly number[] = [0x01021994, 0x858458f6];

/** The prefix of drafts. The node skips names that are not hex (sc-keystore, `raw_public_keys`). */
const DRAFT = '.draft-';

/**
 * The folder in memory that the node takes as its keystore. It exists for this purpose alone: a file that the
 * guard did not place is an error, and a key is there as a whole or not at all.
 */
export interface OpenFolder {
  /** Files of keys that lie open now. Throws if a foreign file is among them. */
  list(): Promise<readonly string[]>;
  /** Places a key: a draft with mode 0600, then a rename. */
  place(key: OpenKey): Promise<void>;
  /** Takes a key away; succeeds if it is not there. The node may still hold an open file for a moment. */
  withdraw(name: KeyName): Promise<void>;
  /** Takes everything away, foreign files as well. */
  clear(): Promise<void>;
}

/**
 * Opens the folder. Throws a {@link GuardFault} if it is a link, readable by others, or on a disk: a key on a
 * disk comes back after a reboot or with a snapshot.
 */
export async function openFolder(path: string, allowed: readonly KeyName[]): Promise<OpenFolder> {
  await refuseUnfit(path);
  const names = new Set(allowed.map(({ file }) => file));
  return {
    list: async () => {
      const files = (await readdir(path)).filter((file) => !file.startsWith(DRAFT)).toSorted();
      const foreign = files.find((file) => !names.has(file));
      if (foreign === undefined) return files;
      const remedy = 'find out who put it there, and remove it; only the guard places keys here';
      throw new GuardFault(
        'keystore',
        `${join(path, foreign)} was not placed by this guard`,
        remedy,
        undefined,
        'denied',
      );
    },
    place: async ({ name, content }) => {
      const draft = join(path, `${DRAFT}${randomBytes(8).toString('hex')}`);
      try {
        await writeFile(draft, content, { mode: 0o600, flag: 'wx' });
        await rename(draft, join(path, name.file));
      } catch (error) {
        await rm(draft, { force: true });
        throw error;
      }
    },
    withdraw: async ({ file }) => rm(join(path, file), { force: true }),
    clear: async () => {
      for (const file of await readdir(path)) await rm(join(path, file), { force: true, recursive: true });
    },
  };
}

async function refuseUnfit(path: string): Promise<void> {
  const stat = await lstat(path).catch((error: unknown) => {
    throw new GuardFault(
      'open-folder',
      `${path} does not exist`,
      'let systemd make it: RuntimeDirectory=',
      error,
      'usage',
    );
  });
  if (!stat.isDirectory()) throw unfit(`${path} is not a folder`, 'name a folder; a link is refused');
  const { type } = await statfs(path);
  if (!IN_MEMORY.includes(type)) {
    throw unfit(`${path} is on a disk`, 'use a folder of a tmpfs, for example below /run');
  }
  if ((stat.mode & 0o077) !== 0) throw unfit(`${path} can be read by others`, `chmod 700 ${path}`);
}

function unfit(what: string, remedy: string): GuardFault {
  return new GuardFault('open-folder', what, remedy, undefined, 'usage');
}
