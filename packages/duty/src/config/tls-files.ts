import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import type { Problem } from '@watchbill/kit';
import { TLS_SIDES } from './checks.ts';

const AUTHORITIES = ['tls.clientCaFile', 'tls.peerCaFile', 'store.tls.caFile', 'operator.caFile'];
const BLOCK = /-----BEGIN ((?:TRUSTED |X509 )?CERTIFICATE)-----[^-]+-----END \1-----/g;

/** A file of the configuration that can be read. */
export interface NamedFile {
  /** Path of its field: `tls.certFile`. */
  readonly field: string;
  readonly file: string;
  readonly where: string | null;
}

/**
 * Reads certificates, private keys and authorities, and whether those belong together that are used together.
 */
export function inspectTls(files: ReadonlyMap<string, NamedFile>): {
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
} {
  const found = [
    ...AUTHORITIES.flatMap((field) => [...inspectAuthority(files.get(field))]),
    ...TLS_SIDES.flatMap(([cert, key]) => [...inspectSide(files.get(cert), files.get(key))]),
  ];
  return { problems: found.filter((each) => !isEnded(each)), warnings: found.filter(isEnded) };
}

function* inspectAuthority(named: NamedFile | undefined): Generator<Problem> {
  const certificates = yield* certificatesIn(named);
  if (named !== undefined) yield* ended(named, certificates);
}

function* inspectSide(cert: NamedFile | undefined, key: NamedFile | undefined): Generator<Problem> {
  const [own] = yield* certificatesIn(cert);
  const privateKey = yield* keyIn(key);
  if (cert === undefined || key === undefined || own === undefined || privateKey === null) return;
  if (!own.checkPrivateKey(privateKey)) {
    const why = `is not the certificate of the key in ${key.file} (${key.field})`;
    const remedy =
      'name a certificate and the private key that it was made for; the certificate comes first in its file';
    return yield problem(cert, why, remedy);
  }
  yield* refusedByTls(cert, key);
  yield* ended(cert, [own]);
}

function problem({ field, file, where }: NamedFile, why: string, remedy: string): Problem {
  return { what: `${field}: ${file} ${why}`, where, remedy };
}

/** None without a file, or with a problem. */
function* certificatesIn(named: NamedFile | undefined): Generator<Problem, readonly X509Certificate[]> {
  if (named === undefined) return [];
  const text = readFileSync(named.file, 'latin1');
  const remedy = 'name a file with a certificate in PEM form';
  const blocks = text.match(BLOCK) ?? [];
  const other = /PRIVATE KEY-----/.test(text) ? ' but a private key' : '';
  if (blocks.length === 0) yield problem(named, `holds no certificate${other}`, remedy);
  try {
    return blocks.map((block) => new X509Certificate(block));
  } catch {
    yield problem(named, 'holds a certificate that cannot be read', remedy);
    return [];
  }
}

/** Null without a file, or with a problem. */
function* keyIn(named: NamedFile | undefined): Generator<Problem, KeyObject | null> {
  if (named === undefined) return null;
  const text = readFileSync(named.file, 'latin1');
  const remedy = 'name a file with a private key in PEM form';
  const other = /CERTIFICATE-----/.test(text) ? ' but a certificate' : '';
  if (!/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text))
    yield problem(named, `holds no private key${other}`, remedy);
  else if (/-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m.test(text))
    yield problem(
      named,
      'holds a private key under a passphrase',
      'the service cannot ask for it at a start: `openssl pkey` writes the key without one; keep the file at mode 0600',
    );
  else
    try {
      return createPrivateKey(text);
    } catch {
      yield problem(named, 'holds a private key that cannot be read', remedy);
    }
  return null;
}

/** Refusals by TLS itself, for example of a key that is too short. */
function* refusedByTls(cert: NamedFile, key: NamedFile): Generator<Problem> {
  try {
    createSecureContext({ cert: readFileSync(cert.file), key: readFileSync(key.file) });
  } catch (error) {
    const { reason } = error as { readonly reason?: string };
    const why = `with ${key.file} is refused by TLS${reason === undefined ? '' : `: ${reason}`}`;
    yield problem(cert, why, 'make another certificate and key; `watchbill init --tls` makes some');
  }
}

const ENDED_REMEDY = 'make a new certificate, and look at the clock of this machine';

/** True for the problem that {@link inspectTls} reports for a certificate that is not valid now. */
export function isEnded({ remedy }: Problem): boolean {
  return remedy === ENDED_REMEDY;
}

function* ended(named: NamedFile, certificates: readonly X509Certificate[]): Generator<Problem> {
  const nowMs = Date.now();
  for (const { validFromDate: from, validToDate: to } of certificates)
    if (nowMs < from.getTime() || nowMs > to.getTime())
      yield problem(
        named,
        `is valid from ${from.toISOString()} to ${to.toISOString()}, not now`,
        ENDED_REMEDY,
      );
}
