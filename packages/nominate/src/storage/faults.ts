import { StorageFault, type StorageFaultCode } from './port.ts';

type Known = readonly [code: StorageFaultCode, what: string, remedy: string];

const FULL: Known = ['refused', 'the disk is full', 'make room on the disk of the database'];
const AWAY: Known = [
  'unavailable',
  'the database is unreachable, or did not answer in time',
  'check that it runs and is reachable, then retry',
];
const LOGIN: Known = [
  'refused',
  'the database refused the user',
  'check the user, the password and the permissions of the configured address',
];
const OTHER: Known = ['refused', 'the database refused', 'see the log of the database'];
const FOREIGN: Known = [
  'schema',
  'the database is damaged, or was not made by this release',
  'use the release that made it, a backup, or an empty one',
];

/** Primary result codes of SQLite. */
const SQLITE: Readonly<Record<number, Known>> = {
  5: ['unavailable', 'another process holds the file for too long', 'find the process that has it open'],
  6: ['unavailable', 'another process holds the file for too long', 'find the process that has it open'],
  8: ['refused', 'the file cannot be written', 'make the file and its folder writable for this user'],
  10: ['refused', 'the file cannot be read or written', 'put it on a local disk, and check the disk'],
  11: FOREIGN,
  13: FULL,
  14: ['refused', 'the file cannot be opened', 'check that its folder exists and is writable for this user'],
  26: FOREIGN,
};

/** Classes of SQLSTATE: its first two characters, or all five. */
const POSTGRES: readonly (readonly [start: string, known: Known])[] = [
  ['53100', FULL],
  ['28', LOGIN],
  ['42501', LOGIN],
  ['3D', ['refused', 'there is no such database', 'make it, or correct the address']],
  ['42P01', FOREIGN],
  ['42703', FOREIGN],
  ['08', AWAY],
  ['53', AWAY],
  ['57', AWAY],
];

const NETWORK = /^(ECONN|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_|EHOST|ENET)/;
/** Texts of the client for errors without a code. */
const LOST =
  /connection terminated|timeout exceeded|query read timeout|connection error|not queryable|server closed/i;

/** Converts an error of the engine to a StorageFault. Its text is kept if it contains no address. */
export function storageFault(error: unknown): StorageFault {
  if (error instanceof StorageFault) return error;
  const { code, errcode, message = '' } = error as { code?: unknown; errcode?: unknown; message?: string };
  const [kind, what, remedy] = knownOf(code, errcode, message);
  const own = kind === 'unavailable' ? '' : `: ${withoutSecrets(message)}`;
  return new StorageFault(kind, `${what}${own}`, remedy);
}

function knownOf(code: unknown, errcode: unknown, message: string): Known {
  if (typeof errcode === 'number') return SQLITE[errcode & 0xff] ?? OTHER;
  const text = typeof code === 'string' ? code : '';
  if (NETWORK.test(text) || LOST.test(message)) return AWAY;
  return POSTGRES.find(([start]) => text.startsWith(start))?.[1] ?? OTHER;
}

/** Addresses contain passwords, so they are never repeated. */
function withoutSecrets(message: string): string {
  return message
    .replace(/\b[a-z][a-z0-9+.-]*:\/\/\S+/gi, '(address)')
    .replace(/password\s*=\s*\S+/gi, 'password=…');
}

/** The same methods, which reject only with a {@link StorageFault}. */
export function guarded<Group extends object>(group: Group): Group {
  const entries = Object.entries(group).map(([name, method]) => [
    name,
    async (...given: readonly unknown[]) => {
      try {
        return await (method as (...given: readonly unknown[]) => Promise<unknown>)(...given);
      } catch (error) {
        throw storageFault(error);
      }
    },
  ]);
  return Object.fromEntries(entries) as Group;
}
