import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { Fault, type Problem } from '@watchbill/kit';

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
  return { problems: found.filter((each) => !isEnded(each)), warnings: found.filter(isEnded) };
}

function inspectAuthority(named: NamedFile | undefined): readonly Problem[] {
  const { value, problems } = attempt(named, readCertificates);
  return named === undefined || value === null ? problems : ended(named, value);
}

function inspectSide(cert: NamedFile | undefined, key: NamedFile | undefined): readonly Problem[] {
  const [certificates, privateKey] = [attempt(cert, readCertificates), attempt(key, readKey)];
  const wrong = [...certificates.problems, ...privateKey.problems];
  if (cert === undefined || key === undefined || certificates.value === null || privateKey.value === null)
    return wrong;
  const [own] = certificates.value;
  if (own?.checkPrivateKey(privateKey.value) !== true)
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

/** The content of a file, or the problem with it; neither without a file. */
function attempt<Value>(named: NamedFile | undefined, read: (named: NamedFile, text: string) => Value) {
  const nothing = { value: null, problems: [] as readonly Problem[] };
  if (named === undefined) return nothing;
  try {
    return { ...nothing, value: read(named, readFileSync(named.file, 'latin1')) };
  } catch (error) {
    if (error instanceof Fault) return { ...nothing, problems: error.problems };
    throw error;
  }
}

function unfit({ field, file, where }: NamedFile, why: string, remedy: string): Fault {
  return new Fault('config', 'usage', [{ what: `${field}: ${file} ${why}`, where, remedy }]);
}

function readCertificates(named: NamedFile, text: string): readonly X509Certificate[] {
  const remedy = 'name a file with a certificate in PEM form';
  const blocks = text.match(BLOCK) ?? [];
  const other = /PRIVATE KEY-----/.test(text) ? ' but a private key' : '';
  if (blocks.length === 0) throw unfit(named, `holds no certificate${other}`, remedy);
  try {
    return blocks.map((block) => new X509Certificate(block));
  } catch {
    throw unfit(named, 'holds a certificate that cannot be read', remedy);
  }
}

function readKey(named: NamedFile, text: string): KeyObject {
  const remedy = 'name a file with a private key in PEM form';
  const other = /CERTIFICATE-----/.test(text) ? ' but a certificate' : '';
  if (!/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text))
    throw unfit(named, `holds no private key${other}`, remedy);
  if (/-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m.test(text))
    throw unfit(
      named,
      'holds a private key under a passphrase',
      'the service cannot ask for it at a start: `openssl pkey` writes the key without one; keep the file at mode 0600',
    );
  try {
    return createPrivateKey(text);
  } catch {
    throw unfit(named, 'holds a private key that cannot be read', remedy);
  }
}

/** Refusals by TLS itself, for example of a key that is too short. */
function refusedByTls(cert: NamedFile, key: NamedFile): readonly Problem[] {
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
): readonly Problem[] {
  const nowMs = Date.now();
  return certificates
    .filter(
      ({ validFromDate, validToDate }) => nowMs < validFromDate.getTime() || nowMs > validToDate.getTime(),
    )
    .map(({ validFromDate, validToDate }) => ({
      what: `${field}: ${file} is valid from ${validFromDate.toISOString()} to ${validToDate.toISOString()}, not now`,
      where,
      remedy: ENDED_REMEDY,
    }));
}
