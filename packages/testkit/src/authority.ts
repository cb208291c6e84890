import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A certificate and its key as PEM texts, and the files they are in. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
  readonly certFile: string;
  readonly keyFile: string;
}

export interface Authority extends Certificate {
  /** For a server and a client. The files are `NAME.pem` and `NAME.key`. */
  issue(name: string, choice?: CertificateChoice): Certificate;
}

export interface CertificateChoice {
  /** For example `IP:198.18.1.13`; default: those of this machine. */
  readonly names?: string;
  /** Default: a common name of tests. */
  readonly subject?: string;
}

const TIMEOUT_MS = 60_000;
const LOCAL = 'IP:127.0.0.1,DNS:localhost';

/** A new authority by the `openssl` program; all files go with the folder. */
export function certificateAuthority(folder: string, name: string): Authority {
  const files = filesOf(folder, name);
  const issuer = ['-CA', files.certFile, '-CAkey', files.keyFile, '-CAcreateserial', '-days', '2'];
  openssl('req', '-x509', ...newKey(files.keyFile), '-out', files.certFile, '-days', '2', ...subjectOf(name));
  return {
    ...read(files),
    issue: (to, { names = LOCAL, subject } = {}) => {
      const own = filesOf(folder, to);
      const [request, extensions] = [join(folder, `${to}.csr`), join(folder, `${to}.ext`)];
      writeFileSync(extensions, `subjectAltName=${names}\nextendedKeyUsage=serverAuth,clientAuth\n`);
      openssl('req', ...newKey(own.keyFile), '-out', request, ...subjectOf(to, subject));
      openssl('x509', '-req', '-in', request, ...issuer, '-out', own.certFile, '-extfile', extensions);
      return read(own);
    },
  };
}

type Files = Pick<Certificate, 'certFile' | 'keyFile'>;

const filesOf = (folder: string, name: string): Files => ({
  certFile: join(folder, `${name}.pem`),
  keyFile: join(folder, `${name}.key`),
});

const subjectOf = (name: string, subject = `/CN=watchbill test ${name}`) => ['-subj', subject];

function newKey(keyFile: string): readonly string[] {
  return ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', keyFile];
}

function read(files: Files): Certificate {
  return { ...files, cert: readFileSync(files.certFile, 'utf8'), key: readFileSync(files.keyFile, 'utf8') };
}

export function openssl(...args: readonly string[]): void {
  execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'], timeout: TIMEOUT_MS });
}
