const CLOSED = 'the other side closed the connection';
const NO_ROUTE = 'no network route leads to that host';
const NOT_ALLOWED = 'this user lacks the permission';
const NOT_TRUSTED = 'the certificate is not signed by a trusted authority';
const NO_TLS = 'the other side does not speak TLS';

/** Causes by the codes of Node, of Linux, of TLS and of Node's fetch. */
const BY_CODE: Readonly<Record<string, string>> = {
  EACCES: NOT_ALLOWED,
  EADDRINUSE: 'another process uses that address',
  EADDRNOTAVAIL: 'this machine does not have that address',
  EAI_AGAIN: 'the name server did not answer',
  EBUSY: 'another process uses it',
  ECONNABORTED: CLOSED,
  ECONNREFUSED: 'no program listens on that port',
  ECONNRESET: CLOSED,
  EDQUOT: 'the disk quota of this user is used up',
  EEXIST: 'it exists already',
  EHOSTUNREACH: NO_ROUTE,
  EIO: 'the disk failed',
  EISDIR: 'it is a folder, not a file',
  EMFILE: 'this process has too many open files',
  ENAMETOOLONG: 'the path is too long',
  ENETUNREACH: NO_ROUTE,
  ENFILE: 'this machine has too many open files',
  ENOENT: 'the file or its folder does not exist',
  ENOSPC: 'the disk is full',
  ENOTDIR: 'a part of the path is a file, not a folder',
  ENOTEMPTY: 'the folder is not empty',
  ENOTFOUND: 'the host name is unknown',
  EPERM: NOT_ALLOWED,
  EPIPE: CLOSED,
  EPROTO: NO_TLS,
  EROFS: 'the file system is read-only',
  ETIMEDOUT: 'no answer came in time',
  CERT_HAS_EXPIRED: 'the certificate has expired',
  CERT_NOT_YET_VALID: 'the certificate is not valid yet; compare the clocks of both machines',
  CERT_REVOKED: 'the certificate is revoked',
  INVALID_PURPOSE:
    'the certificate is made for another purpose, for example for a server instead of a client',
  CERT_UNTRUSTED: NOT_TRUSTED,
  DEPTH_ZERO_SELF_SIGNED_CERT: NOT_TRUSTED,
  SELF_SIGNED_CERT_IN_CHAIN: NOT_TRUSTED,
  UNABLE_TO_GET_ISSUER_CERT: NOT_TRUSTED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: NOT_TRUSTED,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: NOT_TRUSTED,
  ERR_TLS_CERT_ALTNAME_INVALID: 'the certificate does not name this host',
  UND_ERR_CONNECT_TIMEOUT: 'no connection came about in time',
  UND_ERR_SOCKET: CLOSED,
};

/** Families of codes and of OpenSSL's texts, in this order; the first that fits counts. */
const BY_PATTERN: readonly (readonly [RegExp, string])[] = [
  [/certificate required/i, 'the other side requires a client certificate'],
  [/certificate has expired|alert certificate expired/i, 'the certificate has expired'],
  [
    /unknown ca\b|bad certificate|certificate unknown|handshake failure/i,
    'the other side refused the TLS handshake',
  ],
  [/self.signed certificate|unable to (?:verify|get)/i, NOT_TRUSTED],
  [/wrong version number|packet length too long|http request/i, NO_TLS],
  [/^ERR_HTTP2_|NGHTTP2_/, 'the HTTP/2 connection broke'],
  [/^HPE_/, 'the answer is not HTTP'],
  [/^ERR_SSL_|^ERR_TLS_|SSL routines:|OPENSSL_internal/i, 'the TLS connection failed'],
];

/** A code of the operating system, or a text of OpenSSL or HTTP/2, inside a message. */
const RAW = /\bE[A-Z]{3,}[A-Z0-9_]*\b|\bERR_[A-Z0-9_]+|SSL routines:|OPENSSL_internal|NGHTTP2_/;
const MAX_DEPTH = 5;

/**
 * The cause of a failed call of the operating system, of TLS or of HTTP/2, in plain English; null for an
 * error that has none of their codes. Looks through `cause`. For example, `ECONNREFUSED` gives
 * `no program listens on that port`.
 */
export function systemCause(error: unknown): string | null {
  for (let at = error, depth = 0; at instanceof Error && depth < MAX_DEPTH; at = at.cause, depth += 1) {
    const code = 'code' in at && typeof at.code === 'string' ? at.code : '';
    const known = Object.hasOwn(BY_CODE, code) ? BY_CODE[code] : undefined;
    if (known !== undefined) return known;
    const family = BY_PATTERN.find(([pattern]) => pattern.test(code) || pattern.test(at.message));
    if (family !== undefined) return family[1];
  }
  return null;
}

/**
 * The text of any error without raw system text: its own message, or the plain cause of a system error.
 * `other`: the message to use, if the error's own has a prefix of its library.
 */
export function causeText(error: unknown, other?: string): string {
  const own = other ?? (error instanceof Error ? error.message : String(error));
  const isSystem = RAW.test(own) || own === '' || (error instanceof Error && 'syscall' in error);
  if (!isSystem) return own;
  return systemCause(error) ?? `the operating system reported ${RAW.exec(own)?.[0] ?? 'an unknown error'}`;
}
