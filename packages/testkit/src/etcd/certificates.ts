import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A key pair as PEM texts, and the files they are in. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
  readonly certFile: string;
  readonly keyFile: string;
}

export interface TestCertificates {
  readonly authority: Certificate;
  readonly server: Certificate;
  readonly client: Certificate;
  /** An authority that signed no certificate of the cluster. */
  readonly otherAuthority: Certificate;
  /** A client certificate of the other authority. */
  readonly stranger: Certificate;
}

const TIMEOUT_MS = 20_000;

const LOCAL = 'IP:127.0.0.1,DNS:localhost';

/**
 * New certificates by the `openssl` program; all files go with the folder. `names`: of the server and the
 * client, for example `IP:198.18.1.13`; default: those of this machine.
 */
export function makeCertificates(folder: string, names: string = LOCAL): TestCertificates {
  const authority = selfSigned(folder, 'authority');
  const otherAuthority = selfSigned(folder, 'other-authority');
  return {
    authority,
    otherAuthority,
    server: signed(folder, 'server', authority, names),
    client: signed(folder, 'client', authority, names),
    stranger: signed(folder, 'stranger', otherAuthority, names),
  };
}

function selfSigned(folder: string, name: string): Certificate {
  const [certFile, keyFile] = [join(folder, `${name}.pem`), join(folder, `${name}.key`)];
  openssl([
    'req',
    '-x509',
    ...newKey(keyFile),
    '-out',
    certFile,
    '-days',
    '2',
    '-subj',
    `/CN=watchbill test ${name}`,
  ]);
  return load(certFile, keyFile);
}

function signed(folder: string, name: string, authority: Certificate, names: string): Certificate {
  const [certFile, keyFile] = [join(folder, `${name}.pem`), join(folder, `${name}.key`)];
  const [request, extensions] = [join(folder, `${name}.csr`), join(folder, `${name}.ext`)];
  writeFileSync(extensions, `subjectAltName=${names}\nextendedKeyUsage=serverAuth,clientAuth\n`);
  openssl(['req', ...newKey(keyFile), '-out', request, '-subj', `/CN=watchbill test ${name}`]);
  const issuer = ['-CA', authority.certFile, '-CAkey', authority.keyFile, '-CAcreateserial'];
  openssl([
    'x509',
    '-req',
    '-in',
    request,
    ...issuer,
    '-out',
    certFile,
    '-days',
    '2',
    '-extfile',
    extensions,
  ]);
  return load(certFile, keyFile);
}

function newKey(keyFile: string): string[] {
  return ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', keyFile];
}

function load(certFile: string, keyFile: string): Certificate {
  return { certFile, keyFile, cert: readFileSync(certFile, 'utf8'), key: readFileSync(keyFile, 'utf8') };
}

function openssl(args: readonly string[]): void {
  execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'], timeout: TIMEOUT_MS });
}
