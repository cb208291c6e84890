import type { FaultKind } from '../fault/fault.ts';
import { messageOf } from './message.ts';

/** An error of the system in words: the cause, its stable code for programs, its kind, and a remedy. */
type Cause = readonly [text: string, code: string, kind: FaultKind, remedy: string];

const OTHER_SIDE = 'check the address, the network and the log of the other side';
const causes =
  (code: string, kind: FaultKind, usual: string) =>
  (text: string, remedy = usual): Cause => [text, code, kind, remedy];
const unreachable = causes('unreachable', 'unreachable', OTHER_SIDE);
const certificate = causes('certificate', 'unreachable', 'create a new certificate');
const CLOSED = unreachable('the other side closed the connection');
const LATE = unreachable('no answer came in time');
const NO_ROUTE = unreachable(
  'no network route leads to that host',
  'check the address and the network of this machine',
);
const NOT_ALLOWED: Cause = [
  'this user lacks the permission',
  'not-allowed',
  'usage',
  'change the owner or the permissions of it and of its folder, or name another place',
];
const ROOM = 'make room on that file system, or name a place on another one, and run the command again';
const MANY_OPEN = 'raise the limit (`ulimit -n 4096`), and run the command again';
const NOT_TRUSTED: Cause = [
  'the certificate is not signed by a trusted authority',
  'not-trusted',
  'unreachable',
  'name the certificate of the authority, for example with --ca-file ca.pem',
];
const EXPIRED = certificate('the certificate has expired');
const BOTH_SIDES = 'check that both sides use TLS 1.2 or later, and that certificate and key belong together';
const tls = causes('tls-failed', 'unreachable', BOTH_SIDES);
const NO_TLS = tls('the other side does not speak TLS');

/** Causes by the codes of Node, of Linux, of TLS and of Node's fetch. */
const BY_CODE: Readonly<Record<string, Cause>> = {
  EACCES: NOT_ALLOWED,
  EADDRINUSE: [
    'another process uses that address',
    'address-in-use',
    'fault',
    'stop it, or choose another port',
  ],
  EADDRNOTAVAIL: [
    'this machine does not have that address',
    'address-not-here',
    'usage',
    'name an address of this machine, for example 127.0.0.1',
  ],
  EAI_AGAIN: [
    'the name server did not answer',
    'unknown-host',
    'unreachable',
    'check the name servers of this machine',
  ],
  EBUSY: ['another process uses it', 'busy', 'fault', 'stop the other process, and run the command again'],
  ECONNABORTED: CLOSED,
  ECONNREFUSED: unreachable('no program listens on that port', 'start it, or correct the address'),
  ECONNRESET: CLOSED,
  EDQUOT: ['the disk quota of this user is used up', 'no-room', 'fault', ROOM],
  EEXIST: [
    'it exists already and is never overwritten',
    'exists',
    'usage',
    'name a new one, or move it away first',
  ],
  EHOSTUNREACH: NO_ROUTE,
  EIO: [
    'the disk failed',
    'disk-failed',
    'fault',
    'read the system log, for example with `dmesg`; do not trust that disk',
  ],
  EISDIR: ['it is a folder, not a file', 'is-folder', 'usage', 'name a file'],
  ELOOP: [
    'its symbolic links lead in a circle',
    'link-loop',
    'usage',
    'correct the links, or name the file itself',
  ],
  EMFILE: ['this process has too many open files', 'too-many-open', 'fault', MANY_OPEN],
  ENAMETOOLONG: ['the path is too long', 'name-too-long', 'usage', 'name a shorter one'],
  ENETUNREACH: NO_ROUTE,
  ENFILE: ['this machine has too many open files', 'too-many-open', 'fault', MANY_OPEN],
  ENOENT: [
    'the file or its folder does not exist',
    'not-there',
    'usage',
    'correct the name, or create its folder first',
  ],
  ENOSPC: ['the disk is full', 'no-room', 'fault', ROOM],
  ENOTDIR: ['a part of the path is a file, not a folder', 'not-a-folder', 'usage', 'correct the name'],
  ENOTEMPTY: ['the folder is not empty', 'not-empty', 'usage', 'name an empty or a new folder'],
  ENOTFOUND: ['the host name is unknown', 'unknown-host', 'unreachable', 'correct the host name'],
  EPERM: NOT_ALLOWED,
  EPIPE: CLOSED,
  EPROTO: NO_TLS,
  EROFS: [
    'the file system is read-only',
    'read-only',
    'fault',
    'name a place on another file system, or mount that one for writing',
  ],
  ETIMEDOUT: LATE,
  CERT_HAS_EXPIRED: EXPIRED,
  CERT_NOT_YET_VALID: certificate(
    'the certificate is not valid yet; compare the clocks of both machines',
    'check the clock of both machines, or create a new certificate',
  ),
  CERT_REVOKED: certificate('the certificate is revoked'),
  INVALID_PURPOSE: certificate(
    'the certificate is for another purpose, for example for a server instead of a client',
  ),
  CERT_UNTRUSTED: NOT_TRUSTED,
  DEPTH_ZERO_SELF_SIGNED_CERT: NOT_TRUSTED,
  SELF_SIGNED_CERT_IN_CHAIN: NOT_TRUSTED,
  UNABLE_TO_GET_ISSUER_CERT: NOT_TRUSTED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: NOT_TRUSTED,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: NOT_TRUSTED,
  ERR_TLS_CERT_ALTNAME_INVALID: certificate(
    'the certificate does not name this host',
    'use a name in the certificate, or create it again with `watchbill init --tls --host NAME`',
  ),
  UND_ERR_BODY_TIMEOUT: LATE,
  UND_ERR_CONNECT_TIMEOUT: unreachable('no connection was made in time'),
  UND_ERR_HEADERS_TIMEOUT: LATE,
  UND_ERR_SOCKET: CLOSED,
};

/** Families of codes and of OpenSSL's texts, in this order; the first that fits counts. */
const BY_PATTERN: readonly (readonly [RegExp, Cause])[] = [
  [/certificate required/i, tls('the other side requires a client certificate')],
  [/certificate has expired|alert certificate expired/i, EXPIRED],
  [
    /unknown ca\b|bad certificate|certificate unknown|handshake failure/i,
    tls('the other side refused the TLS handshake'),
  ],
  [/self.signed certificate|unable to (?:verify|get)/i, NOT_TRUSTED],
  [/wrong version number|packet length too long|http request/i, NO_TLS],
  [/^ERR_HTTP2_|NGHTTP2_/, unreachable('the HTTP/2 connection broke')],
  [/^HPE_/, unreachable('the answer is not HTTP')],
  [/^ERR_SSL_|^ERR_TLS_|^ERR_OSSL_|SSL routines:|OPENSSL_internal/i, tls('the TLS connection failed')],
];

/** A code of the operating system, or a text of OpenSSL or HTTP/2, inside a message. */
const RAW = /\bE[A-Z]{3,}[A-Z0-9_]*\b|\bERR_[A-Z0-9_]+|SSL routines:|OPENSSL_internal|NGHTTP2_/;
const MAX_DEPTH = 5;

/** The cause of one error, without those that it names as its `cause`. Returns null for other errors. */
export function causeOf(error: Error): Cause | null {
  const code = codeOf(error);
  if (Object.hasOwn(BY_CODE, code)) return BY_CODE[code] ?? null;
  const family = BY_PATTERN.find(([pattern]) => pattern.test(code) || pattern.test(error.message));
  return family?.[1] ?? null;
}

const codeOf = (error: Error): string =>
  'code' in error && typeof error.code === 'string' ? error.code : '';

/**
 * The cause of a failed call of the operating system, of TLS or of HTTP/2, in plain English; null for an
 * error that has none of their codes. Looks through `cause`. For example, `ECONNREFUSED` gives
 * `no program listens on that port`.
 */
export function systemCause(error: unknown): string | null {
  for (let at = error, depth = 0; at instanceof Error && depth < MAX_DEPTH; at = at.cause, depth += 1) {
    const known = causeOf(at);
    if (known !== null) return known[0];
  }
  return null;
}

/**
 * The text of any error without raw system text: its own message, or the plain cause of a system error.
 * `other`: the message to use, if the error's own has a prefix of its library.
 */
export function causeText(error: unknown, other?: string): string {
  const own = other ?? messageOf(error);
  const isSystem =
    RAW.test(own) ||
    own === '' ||
    (error instanceof Error && ('syscall' in error || Object.hasOwn(BY_CODE, codeOf(error))));
  if (!isSystem) return own;
  return systemCause(error) ?? `the operating system reported ${RAW.exec(own)?.[0] ?? 'an unknown error'}`;
}

/** Failures of connecting, and certificates that this side refused. */
const NOT_SENT = /^(?:ECONNREFUSED|ENOTFOUND|EAI_AGAIN|UND_ERR_CONNECT_TIMEOUT|CERT_\w+|ERR_TLS_CERT_\w+)$/;
/** An open connection may also end with these, after it carried a request. */
const WHILE_CONNECTING = new Set(['EACCES', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOENT', 'ETIMEDOUT']);

/**
 * Whether the request of a failed exchange certainly never left this machine, so that it can be sent again
 * or elsewhere. `error`: as `undici`, `node:http` or the cause of `fetch` gives it.
 */
export function wasNotSent(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = codeOf(error);
  // Node tries all addresses of a name, and reports their errors together.
  const isConnecting = ('syscall' in error && error.syscall === 'connect') || error instanceof AggregateError;
  return NOT_SENT.test(code) || BY_CODE[code] === NOT_TRUSTED || (isConnecting && WHILE_CONNECTING.has(code));
}
