import { randomBytes } from 'node:crypto';
import { lstat, readdir, readFile, rename, rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type GuardFailpoints, noFailpoint } from '../failpoints.ts';
import { GuardFault, unfit } from '../fault.ts';
import { contentProblem, type KeyName, keyNameOf } from './key-name.ts';
import type { OpenKey } from './sealed-folder.ts';

/** File systems that live in memory (`statfs(2)`): TMPFS_MAGIC and RAMFS_MAGIC. */
export const IN_MEMORY: readonly number[] = [0x01021994, 0x858458f6];

/** The prefix of drafts. The node skips names that are not hex (sc-keystore, `raw_public_keys`). */
export const DRAFT = '.draft-';

/**
 * Opens the folder in memory that the node takes as its keystore. It exists for this purpose alone: a file
 * that the guard did not place is an error, and a key is complete or absent. Throws a {@link GuardFault} if
 * it is a link, of another user, readable by others, or on a disk: a key on a disk comes back after a reboot
 * or with a snapshot.
 */
export async function openFolder(path: string, failpoint: GuardFailpoints = noFailpoint) {
  await refuseUnfit(path);
  const placed = new Map<string, string>();
  /** From now on this file counts as placed. */
  const adopt = async ({ file }: KeyName): Promise<void> => {
    placed.set(file, await stampOf(join(path, file)));
  };
  return {
    adopt,
    /**
     * Checks every placed key, and gives the names of files that the guard did not place. Throws a
     * {@link GuardFault} if a placed key is missing, or if its content, owner or mode changed.
     */
    inspect: async (): Promise<readonly string[]> => {
      const files = (await readdir(path)).filter((file) => !file.startsWith(DRAFT)).toSorted();
      for (const [file, stamp] of placed) await refuseChanged(join(path, file), stamp);
      return files.filter((file) => !placed.has(file));
    },
    /** Reads a file that the node wrote; null while it is not a whole session key of a known kind. */
    readNew: async (file: string): Promise<OpenKey | null> => {
      const [name, at] = [keyNameOf(file), join(path, file)];
      if (name === null || !(await lstat(at)).isFile()) return null;
      const content = await readFile(at, 'utf8');
      return contentProblem(name, content) === null ? { name, content } : null;
    },
    /** Places a key: a draft with mode 0600, then a rename. Throws a {@link GuardFault} if memory is full. */
    place: async ({ name, content }: OpenKey): Promise<void> => {
      const target = join(path, name.file);
      const draft = join(path, `${DRAFT}${randomBytes(8).toString('hex')}`);
      await failpoint('before-draft');
      await writeWhole(draft, target, content, failpoint);
      await failpoint('after-rename');
      await adopt(name);
    },
    /** Removes a key; succeeds if it does not exist. The node may still hold an open file for a moment. */
    withdraw: async ({ file }: KeyName): Promise<void> => {
      placed.delete(file);
      await rm(join(path, file), { force: true });
    },
    /** Removes everything, including foreign files. */
    clear: async (): Promise<void> => {
      placed.clear();
      for (const file of await readdir(path)) await rm(join(path, file), { force: true, recursive: true });
    },
  };
}

export type OpenFolder = Awaited<ReturnType<typeof openFolder>>;

/** The fault for a foreign file that was not announced. */
export function foreignFile(folder: string, file: string): GuardFault {
  const what = `${join(folder, file)} was not placed by this guard`;
  const remedy =
    'find out who put it there, and remove it; make new session keys with `watchbill guard rotate`';
  return new GuardFault('keystore', what, remedy, undefined, 'denied');
}

async function writeWhole(
  draft: string,
  target: string,
  content: string,
  failpoint: GuardFailpoints,
): Promise<void> {
  try {
    await writeFile(draft, content, { mode: 0o600, flag: 'wx' });
    await failpoint('after-draft');
    await rename(draft, target);
  } catch (error) {
    await rm(draft, { force: true });
    const isFull = ['ENOSPC', 'EDQUOT'].includes(String((error as NodeJS.ErrnoException).code));
    const [why, remedy] = isFull
      ? [`no space is left for ${target}`, 'free memory of this tmpfs, or make it larger']
      : [`${target} cannot be written`, 'look at the folder and its owner'];
    throw new GuardFault('keystore', `${why}: the key was not placed`, remedy, error);
  }
}

/** Changes with the content, the owner, the mode and the number of links (`inode(7)`: ctime). */
async function stampOf(path: string): Promise<string> {
  const { dev, ino, ctimeNs } = await lstat(path, { bigint: true });
  return `${dev}:${ino}:${ctimeNs}`;
}

async function refuseChanged(path: string, stamp: string): Promise<void> {
  const now = await stampOf(path).catch(() => null);
  if (now === stamp) return;
  const what = now === null ? 'was removed' : 'was changed, or given another owner, mode or link';
  const remedy = 'find out who did that; only the guard changes keys here';
  throw new GuardFault('keystore', `${path} ${what}, and not by this guard`, remedy, undefined, 'denied');
}

async function refuseUnfit(path: string): Promise<void> {
  const stat = await lstat(path).catch((error: unknown) => {
    const remedy = 'have systemd make it: RuntimeDirectory=';
    throw unfit('open-folder', `${path} does not exist`, remedy, error);
  });
  if (!stat.isDirectory())
    throw unfit('open-folder', `${path} is not a folder`, 'name a folder; a link is refused');
  const { type } = await statfs(path);
  if (!IN_MEMORY.includes(type)) {
    throw unfit('open-folder', `${path} is on a disk`, 'use a folder of a tmpfs, for example below /run');
  }
  const user = process.getuid?.();
  if (stat.uid !== user) {
    throw unfit(
      'open-folder',
      `${path} belongs to user ${stat.uid}, and the guard runs as ${user}`,
      `chown ${user} ${path}`,
    );
  }
  if ((stat.mode & 0o077) !== 0)
    throw unfit('open-folder', `${path} can be read by others`, `chmod 700 ${path}`);
}
