import type { FaultKind } from '@watchbill/base';
import { type Fault, fault } from './fault.ts';

/**
 * An error of the system in words. `what` gets the file or address; a status of 2 means that the name given
 * is wrong.
 */
interface Meaning {
  readonly code: string;
  readonly kind: FaultKind;
  readonly what: (named: string) => string;
  readonly remedy: string;
}

const NO_ROOM: Meaning = {
  code: 'no-room',
  kind: 'fault',
  what: (path) => `there is no room left on the file system of ${path}`,
  remedy: 'make room on that file system, or name a place on another, and run the command again',
};

const NOT_ALLOWED: Meaning = {
  code: 'not-allowed',
  kind: 'usage',
  what: (path) => `this user may not use ${path}`,
  remedy: 'change the owner or the permissions of it and of its folder, or name another place',
};

const MANY_OPEN: Meaning = {
  code: 'too-many-open',
  kind: 'fault',
  what: (path) => `${path} cannot be opened: this process has too many open files`,
  remedy: 'raise the limit (`ulimit -n 4096`), and run the command again',
};

const FILES: Readonly<Record<string, Meaning>> = {
  ENOSPC: NO_ROOM,
  EDQUOT: NO_ROOM,
  EMFILE: MANY_OPEN,
  ENFILE: MANY_OPEN,
  EACCES: NOT_ALLOWED,
  EPERM: NOT_ALLOWED,
  EROFS: {
    code: 'read-only',
    kind: 'fault',
    what: (path) => `the file system of ${path} can only be read`,
    remedy: 'name a place on another file system, or mount that one for writing',
  },
  EEXIST: {
    code: 'exists',
    kind: 'usage',
    what: (path) => `${path} exists already and is never overwritten`,
    remedy: 'name a new one, or move it away first',
  },
  EISDIR: {
    code: 'is-folder',
    kind: 'usage',
    what: (path) => `${path} is a folder, and a file is needed`,
    remedy: 'name a file',
  },
  ENOENT: {
    code: 'not-there',
    kind: 'usage',
    what: (path) => `there is no file or folder ${path}`,
    remedy: 'correct the name, or create its folder first',
  },
  ENOTDIR: {
    code: 'not-a-folder',
    kind: 'usage',
    what: (path) => `a part of the path of ${path} is a file, and a folder is needed`,
    remedy: 'correct the name',
  },
  ENAMETOOLONG: {
    code: 'name-too-long',
    kind: 'usage',
    what: (path) => `${path} is too long for a name`,
    remedy: 'name a shorter one',
  },
  ELOOP: {
    code: 'link-loop',
    kind: 'usage',
    what: (path) => `the symbolic links of ${path} lead in a circle`,
    remedy: 'correct the links, or name the file itself',
  },
  EIO: {
    code: 'disk-failed',
    kind: 'fault',
    what: (path) => `the disk of ${path} failed`,
    remedy: 'read the system log, for example with `dmesg`; do not trust that disk',
  },
};

const NETWORK_REMEDY = 'check the address, the network and the log of the other side';
const away = (code: string, text: string, remedy = NETWORK_REMEDY): Meaning => ({
  code,
  kind: 'unreachable',
  what: (address) => `${address}: ${text}`,
  remedy,
});
const UNTRUSTED = away(
  'not-trusted',
  'the certificate is signed by an authority that is not trusted',
  'name the certificate of the authority, for example with --ca-file ca.pem',
);

const CONNECTIONS: Readonly<Record<string, Meaning>> = {
  ECONNREFUSED: away('unreachable', 'no program listens there', 'start it, or correct the address'),
  ECONNRESET: away('unreachable', 'the other side closed the connection'),
  EPIPE: away('unreachable', 'the other side closed the connection'),
  UND_ERR_SOCKET: away('unreachable', 'the other side closed the connection'),
  ETIMEDOUT: away('unreachable', 'no connection in time'),
  UND_ERR_CONNECT_TIMEOUT: away('unreachable', 'no connection in time'),
  UND_ERR_HEADERS_TIMEOUT: away('unreachable', 'no answer in time'),
  UND_ERR_BODY_TIMEOUT: away('unreachable', 'no answer in time'),
  EHOSTUNREACH: away('unreachable', 'the machine cannot be reached'),
  ENETUNREACH: away('unreachable', 'the network cannot be reached'),
  ENOTFOUND: away('unknown-host', 'the host name is unknown', 'correct the host name'),
  EAI_AGAIN: away(
    'unknown-host',
    'the host name cannot be looked up now',
    'check the name servers of this machine',
  ),
  EADDRINUSE: {
    code: 'address-in-use',
    kind: 'fault',
    what: (address) => `another program listens on ${address}`,
    remedy: 'stop it, or choose another port',
  },
  EADDRNOTAVAIL: {
    code: 'address-not-here',
    kind: 'usage',
    what: (address) => `this machine does not have the address ${address}`,
    remedy: 'name an address of this machine, for example 127.0.0.1',
  },
  SELF_SIGNED_CERT_IN_CHAIN: UNTRUSTED,
  DEPTH_ZERO_SELF_SIGNED_CERT: UNTRUSTED,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNTRUSTED,
  CERT_HAS_EXPIRED: away('certificate', 'the certificate has expired', 'create a new certificate'),
  CERT_NOT_YET_VALID: away(
    'certificate',
    'the certificate is not valid yet',
    'check the clock of both machines, or create a new certificate',
  ),
  CERT_REVOKED: away('certificate', 'the certificate is revoked', 'create a new certificate'),
  ERR_TLS_CERT_ALTNAME_INVALID: away(
    'certificate',
    'the certificate is for another host name',
    'use a name that it holds, or create it again with `watchbill init --tls --host NAME`',
  ),
};

const TLS_FAILED = away(
  'tls-failed',
  'the TLS handshake failed',
  'check that both sides use TLS 1.2 or later, and that certificate and key belong together',
);

/** Calls of the system on files, as Node names them. Network and process calls share some of their codes. */
const FILE_CALLS = new Set(
  (
    'open read write fsync fdatasync ftruncate close fchmod chmod stat lstat fstat access mkdir mkdtemp rmdir ' +
    'scandir link symlink unlink rename rm copyfile realpath utime futime readlink cp'
  ).split(' '),
);

/**
 * The fault for an error of Node's file, network or TLS calls: a sentence and a remedy in place of `EISDIR`
 * or an OpenSSL text. Null for all other errors.
 *
 * @param named The file or address as the user gave it. By default the one in the error.
 */
export function systemFault(error: unknown, named?: string): Fault | null {
  const { code, syscall, path, hostname, address, port } = (error ?? {}) as Record<string, unknown>;
  if (typeof code !== 'string') return null;
  // A stream reports a full disk without its call.
  const isFile = typeof syscall === 'string' ? FILE_CALLS.has(syscall) : FILES[code] === NO_ROOM;
  const isSpawn = typeof syscall === 'string' && syscall.startsWith('spawn');
  const meaning = isFile ? FILES[code] : isSpawn ? undefined : connectionMeaning(code);
  if (meaning === undefined) return null;
  const host = [hostname ?? address, port].filter((part) => part !== undefined).join(':');
  const place = named ?? (typeof path === 'string' ? path : isFile || host === '' ? null : host);
  const { kind, remedy } = meaning;
  const what = meaning.what(place ?? (isFile ? 'the output' : 'the connection'));
  return fault(meaning.code, kind, { what, where: place ?? undefined, remedy }, error);
}

function connectionMeaning(code: string): Meaning | undefined {
  return CONNECTIONS[code] ?? (/^ERR_(?:SSL|TLS|OSSL)_/.test(code) ? TLS_FAILED : undefined);
}

/** The sentence of {@link systemFault} alone; the message of the error if it is none of the system. */
export function systemText(error: unknown, named?: string): string {
  const known = systemFault(error, named)?.message;
  return known ?? (error instanceof Error ? error.message : String(error));
}
