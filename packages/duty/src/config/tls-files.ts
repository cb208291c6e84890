import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import type { Problem } from '@watchbill/kit';

/** The files of one end of a TLS connection, by the paths of their fields. */
interface Side {
  readonly cert: string;
  readonly key: string;
}

const SIDES: readonly Side[] = [
  { cert: 'tls.certFile', key: 'tls.keyFile' },
  { cert: 'store.tls.certFile', key: 'store.tls.keyFile' },
  { cert: 'operator.certFile', key: 'operator.keyFile' },
];
const AUTHORITIES = ['tls.clientCaFile', 'tls.peerCaFile', 'store.tls.caFile', 'operator.caFile'];
const BLOCK = /-----BEGIN ((?:TRUSTED |X509 )?CERTIFICATE)-----[^-]+-----END \1-----/g;

/** A file of the configuration that can be read. */
export interface NamedFile {
  /** Path of its field: `tls.certFile`. */
  readonly field: string;
  readonly file: string;
  readonly where: string | null;
}

/** A problem in words of its field, and whether it is only a warning. */
interface Finding extends Problem {
  readonly isWarning?: true;
}

/**
 * Reads certificates, private keys and authorities, and whether those belong together that are used together.
 */
export function inspectTls(files: ReadonlyMap<string, NamedFile>): {
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
} {
  const found = [
    ...AUTHORITIES.flatMap((field) => inspectAuthority(files.get(field))),
    ...SIDES.flatMap(({ cert, key }) => inspectSide(files.get(cert), files.get(key))),
  ];
  const plain = ({ what, where, remedy }: Finding): Problem => ({ what, where, remedy });
  return {
    problems: found.filter(({ isWarning }) => isWarning !== true).map(plain),
    warnings: found.filter(({ isWarning }) => isWarning === true).map(plain),
  };
}

function inspectAuthority(named: NamedFile | undefined): readonly Finding[] {
  if (named === undefined) return [];
  const read = readCertificates(named);
  return 'problem' in read ? [read.problem] : ended(named, read.certificates);
}

function inspectSide(cert: NamedFile | undefined, key: NamedFile | undefined): readonly Finding[] {
  const certificates = cert === undefined ? null : readCertificates(cert);
  const privateKey = key === undefined ? null : readKey(key);
  const wrong = [certificates, privateKey].flatMap((read) =>
    read !== null && 'problem' in read ? [read.problem] : [],
  );
  if (wrong.length > 0 || cert === undefined || key === undefined) return wrong;
  if (certificates === null || privateKey === null) return [];
  if ('problem' in certificates || 'problem' in privateKey) return [];
  const [own] = certificates.certificates;
  if (own?.checkPrivateKey(privateKey.key) !== true)
    return [
      {
        what: `${cert.field}: ${cert.file} is not the certificate of the key in ${key.file} (${key.field})`,
        where: cert.where,
        remedy:
          'name a certificate and the private key that it was made for; the certificate comes first in its file',
      },
    ];
  return [...refusedByTls(cert, key), ...ended(cert, [own])];
}

type CertificatesRead = { readonly problem: Finding } | { readonly certificates: readonly X509Certificate[] };

function readCertificates({ field, file, where }: NamedFile): CertificatesRead {
  const text = readFileSync(file, 'latin1');
  const blocks = text.match(BLOCK) ?? [];
  const problem = (why: string): CertificatesRead => ({
    problem: {
      what: `${field}: ${file} ${why}`,
      where,
      remedy: 'name a file with a certificate in PEM form',
    },
  });
  if (blocks.length === 0)
    return problem(`holds no certificate${/PRIVATE KEY-----/.test(text) ? ' but a private key' : ''}`);
  try {
    return { certificates: blocks.map((block) => new X509Certificate(block)) };
  } catch {
    return problem('holds a certificate that cannot be read');
  }
}

function readKey({
  field,
  file,
  where,
}: NamedFile): { readonly problem: Finding } | { readonly key: KeyObject } {
  const text = readFileSync(file, 'latin1');
  const problem = (why: string, remedy: string) => ({
    problem: { what: `${field}: ${file} ${why}`, where, remedy },
  });
  const remedy = 'name a file with a private key in PEM form';
  if (!/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text))
    return problem(
      `holds no private key${/CERTIFICATE-----/.test(text) ? ' but a certificate' : ''}`,
      remedy,
    );
  if (/-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m.test(text))
    return problem(
      'holds a private key under a passphrase',
      'the service cannot ask for it at a start: `openssl pkey` writes the key without one; keep the file at mode 0600',
    );
  try {
    return { key: createPrivateKey(text) };
  } catch {
    return problem('holds a private key that cannot be read', remedy);
  }
}

/** Refusals by TLS itself, for example of a key that is too short. */
function refusedByTls(cert: NamedFile, key: NamedFile): readonly Finding[] {
  try {
    createSecureContext({ cert: readFileSync(cert.file), key: readFileSync(key.file) });
    return [];
  } catch (error) {
    const { reason } = error as { readonly reason?: string };
    return [
      {
        what: `${cert.field}: ${cert.file} with ${key.file} is refused by TLS${reason === undefined ? '' : `: ${reason}`}`,
        where: cert.where,
        remedy: 'make another certificate and key; `watchbill init --tls` makes some',
      },
    ];
  }
}

const ENDED_REMEDY = 'make a new certificate, and look at the clock of this machine';

/** True for the problem that {@link inspectTls} reports for a certificate that is not valid now. */
export function isEnded({ remedy }: Problem): boolean {
  return remedy === ENDED_REMEDY;
}

function ended(
  { field, file, where }: NamedFile,
  certificates: readonly X509Certificate[],
): readonly Finding[] {
  const nowMs = Date.now();
  return certificates
    .filter(
      ({ validFromDate, validToDate }) => nowMs < validFromDate.getTime() || nowMs > validToDate.getTime(),
    )
    .map(({ validFromDate, validToDate }) => ({
      what: `${field}: ${file} is valid from ${validFromDate.toISOString()} to ${validToDate.toISOString()}, not now`,
      where,
      remedy: ENDED_REMEDY,
      isWarning: true as const,
    }));
}
