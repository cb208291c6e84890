import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** PEM texts. */
export interface FakeCertificate {
  readonly cert: string;
  readonly key: string;
}

export interface FakeCertificates {
  readonly authority: FakeCertificate;
  /** For 127.0.0.1, by the authority. */
  readonly server: FakeCertificate;
  readonly client: FakeCertificate;
  /** An authority that signed none of them. */
  readonly other: FakeCertificate;
}

const TIMEOUT_MS = 20_000;

/** New certificates by the `openssl` program, which leaves no files behind. For tests. */
export function fakeCertificates(): FakeCertificates {
  const folder = mkdtempSync(join(tmpdir(), 'watchbill-certificates-'));
  const openssl = (...args: readonly string[]): void => {
    execFileSync('openssl', args, { cwd: folder, stdio: 'ignore', timeout: TIMEOUT_MS });
  };
  const text = (name: string): string => readFileSync(join(folder, name), 'utf8');
  const newKey = (name: string): readonly string[] =>
    ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', `${name}.key`] as const;
  const authority = (name: string): FakeCertificate => {
    openssl('req', '-x509', ...newKey(name), '-out', `${name}.pem`, '-days', '2', '-subj', `/CN=${name}`);
    return { cert: text(`${name}.pem`), key: text(`${name}.key`) };
  };
  const signed = (name: string, by: string): FakeCertificate => {
    writeFileSync(join(folder, 'names'), 'subjectAltName=IP:127.0.0.1\n');
    openssl('req', ...newKey(name), '-out', `${name}.csr`, '-subj', `/CN=${name}`);
    const ca = ['-CA', `${by}.pem`, '-CAkey', `${by}.key`, '-CAcreateserial'];
    openssl(
      'x509',
      '-req',
      '-in',
      `${name}.csr`,
      ...ca,
      '-out',
      `${name}.pem`,
      '-days',
      '2',
      '-extfile',
      'names',
    );
    return { cert: text(`${name}.pem`), key: text(`${name}.key`) };
  };
  try {
    const ca = authority('authority');
    const other = authority('other');
    return {
      authority: ca,
      other,
      server: signed('server', 'authority'),
      client: signed('client', 'authority'),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
