import { readFileSync, realpathSync, statSync } from 'node:fs';
import { StoreFault } from '../port.ts';

/**
 * Folders of another machine, by their type in `/proc/mounts`. A lock there may be local or end with the
 * connection while its process goes on, so two services could hold one file; a sync may end too early:
 * decision 0096.
 */
const REMOTE =
  /^(nfs4?|cifs|smb3?|smbfs|9p|afs|ceph|coda|lustre|beegfs|gpfs|glusterfs|ocfs2|gfs2|virtiofs|vboxsf|prl_fs|fuse(\..+)?)$/;
/** The root of containers of users without rights: a local disk. */
const LOCAL = 'fuse.fuse-overlayfs';

/**
 * Throws a StoreFault if the folder lies on a file system whose locks and syncs cannot be trusted, and an
 * error of the system if there is no folder.
 */
export function mustBeLocal(folder: string, mounts = readMounts()): void {
  const type = typeOf(realpathSync(folder), mounts);
  if (type === LOCAL || !REMOTE.test(type)) return;
  throw new StoreFault(
    'unavailable',
    `${folder} lies on a file system of the type ${type}, whose locks and syncs cannot be trusted`,
    'use a folder on a local disk of this machine',
  );
}

/** Empty where the kernel has no such list. */
function readMounts(): string {
  try {
    return readFileSync('/proc/self/mounts', 'utf8');
  } catch {
    return '';
  }
}

/**
 * Throws a StoreFault if the file can be reached by another name: SQLite keeps the log beside the name, so
 * through the other one a process would miss all commits that are in the log, and later mix two histories.
 */
export function mustHaveOneName(file: string, mounts = readMounts()): void {
  const stats = statSync(file);
  const names = stats.isFile() ? stats.nlink : 1;
  if (names > 1)
    throw new StoreFault(
      'unavailable',
      `${file} has ${names} names (hard links), and the commits of its log belong to one of them`,
      `find the others with \`find / -xdev -samefile ${file}\`; with every service stopped, keep the one with a -wal file beside it`,
    );
  const path = realpathSync(file);
  if (!mountsIn(mounts).some(({ point }) => point === path)) return;
  throw new StoreFault(
    'unavailable',
    `${file} is mounted as a single file, so its log lies in another folder`,
    'mount its folder instead',
  );
}

/** The type of the last mount that covers the path, for example `ext4`; empty if there is none. */
function typeOf(path: string, mounts: string): string {
  let found = { point: '', type: '' };
  for (const mount of mountsIn(mounts)) {
    const { point } = mount;
    const covers = path === point || path.startsWith(point.endsWith('/') ? point : `${point}/`);
    if (point !== '' && covers && point.length >= found.point.length) found = mount;
  }
  return found.type;
}

function mountsIn(mounts: string): readonly { readonly point: string; readonly type: string }[] {
  return mounts.split('\n').map((line) => {
    const [, escaped = '', type = ''] = line.split(' ');
    const point = escaped.replaceAll(/\\(\d{3})/g, (_, octal) =>
      String.fromCharCode(Number.parseInt(octal, 8)),
    );
    return { point, type };
  });
}
