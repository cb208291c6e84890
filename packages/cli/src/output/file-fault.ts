import { EXIT, type ExitCode } from '../process/exit.ts';
import { type CliFault, fault } from '../process/fault.ts';

interface Meaning {
  readonly code: string;
  readonly exitCode: ExitCode;
  readonly what: (path: string) => string;
  readonly remedy: string;
}

const NO_ROOM: Meaning = {
  code: 'no-room',
  exitCode: EXIT.fault,
  what: (path) => `there is no room left where ${path} is`,
  remedy: 'make room on that file system, or name a place on another, and run it again',
};

const NOT_ALLOWED: Meaning = {
  code: 'not-allowed',
  exitCode: EXIT.usage,
  what: (path) => `this user may not use ${path}`,
  remedy: 'change owner or permissions of it and of its folder, or name another place',
};

/** What the system says of files, in words: by the code that it gives. */
const MEANINGS: Readonly<Record<string, Meaning>> = {
  ENOSPC: NO_ROOM,
  EDQUOT: NO_ROOM,
  EROFS: {
    code: 'read-only',
    exitCode: EXIT.fault,
    what: (path) => `the file system of ${path} can only be read`,
    remedy: 'name a place on another file system, or mount that one for writing',
  },
  EACCES: NOT_ALLOWED,
  EPERM: NOT_ALLOWED,
  EEXIST: {
    code: 'exists',
    exitCode: EXIT.usage,
    what: (path) => `${path} exists already and is never overwritten`,
    remedy: 'name a new one, or move it away yourself first',
  },
  EISDIR: {
    code: 'is-folder',
    exitCode: EXIT.usage,
    what: (path) => `${path} is a folder, and a file is needed`,
    remedy: 'name a file',
  },
  ENOENT: {
    code: 'not-there',
    exitCode: EXIT.usage,
    what: (path) => `${path} is not there, or a folder of its path`,
    remedy: 'correct the name, or make the folder first',
  },
  ENOTDIR: {
    code: 'not-a-folder',
    exitCode: EXIT.usage,
    what: (path) => `a part of the path of ${path} is a file, and a folder is needed`,
    remedy: 'correct the name',
  },
  ENAMETOOLONG: {
    code: 'name-too-long',
    exitCode: EXIT.usage,
    what: (path) => `${path} is too long for a name`,
    remedy: 'name a shorter one',
  },
  EIO: {
    code: 'disk-failed',
    exitCode: EXIT.fault,
    what: (path) => `the disk of ${path} failed`,
    remedy: 'look into the log of the system; do not trust that disk',
  },
};

/** Calls of the system on files, as Node names them: a port that is taken has some of the same codes. */
const FILE_CALLS = new Set([
  ...[
    'open',
    'read',
    'write',
    'fsync',
    'fdatasync',
    'ftruncate',
    'close',
    'fchmod',
    'chmod',
    'stat',
    'lstat',
  ],
  ...['fstat', 'access', 'mkdir', 'mkdtemp', 'rmdir', 'scandir', 'link', 'symlink', 'unlink', 'rename', 'rm'],
  ...['copyfile', 'realpath', 'utime', 'futime', 'readlink', 'cp'],
]);

/** What a call on a file came to, for people; null for an error that is none of a file. `path` is what was named. */
export function fileFault(error: unknown, path?: string): CliFault | null {
  const { code, syscall, path: at } = error as { code?: unknown; syscall?: unknown; path?: unknown };
  if (typeof code !== 'string' || typeof syscall !== 'string' || !FILE_CALLS.has(syscall)) return null;
  const meaning = MEANINGS[code];
  if (meaning === undefined) return null;
  const named = path ?? (typeof at === 'string' ? at : null);
  const { exitCode, remedy } = meaning;
  const what = meaning.what(named ?? 'a file of this command');
  return fault(meaning.code, exitCode, { what, where: named ?? undefined, remedy }, error);
}
