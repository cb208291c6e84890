import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A certificate and its key: the files, and their content. */
export interface KeyPair {
  readonly certFile: string;
  readonly keyFile: string;
  readonly cert: string;
  readonly key: string;
}

/**
 * The authority of one control plane. Users are certificates: the common name is the user, organisations are
 * its groups.
 */
export interface ClusterPki {
  readonly authorityFile: string;
  readonly authority: string;
  readonly server: KeyPair;
  /** Signs the tokens of service accounts. */
  readonly tokenKeyFile: string;
  readonly tokenPublicFile: string;
  issue(user: string, groups?: readonly string[]): KeyPair;
}

const TIMEOUT_MS = 60_000;
const SERVER_NAMES =
  'DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc,DNS:localhost,IP:127.0.0.1,IP:10.96.0.1';

/** New keys by the `openssl` program, all in `folder`. */
export function makeClusterPki(folder: string): ClusterPki {
  const file = (name: string): string => join(folder, name);
  const [caKey, caCert] = [file('authority.key'), file('authority.crt')];
  const subject = ['-days', '2', '-subj', '/CN=watchbill test cluster'];
  openssl(['req', '-x509', ...newKey(caKey), ...subject, '-out', caCert]);
  const [tokenKeyFile, tokenPublicFile] = [file('tokens.key'), file('tokens.pub')];
  openssl(['genrsa', '-out', tokenKeyFile, '2048']);
  openssl(['rsa', '-in', tokenKeyFile, '-pubout', '-out', tokenPublicFile]);
  let serial = 0;

  function sign(subjectText: string, names: string | null): KeyPair {
    serial += 1;
    const [keyFile, certFile] = [file(`${serial}.key`), file(`${serial}.crt`)];
    const [request, extensions] = [file(`${serial}.csr`), file(`${serial}.ext`)];
    const alternative = names === null ? '' : `subjectAltName=${names}\n`;
    writeFileSync(extensions, `extendedKeyUsage=clientAuth,serverAuth\n${alternative}`);
    openssl(['req', ...newKey(keyFile), '-subj', subjectText, '-out', request]);
    const issuer = ['-CA', caCert, '-CAkey', caKey, '-CAcreateserial', '-days', '2'];
    openssl(['x509', '-req', '-in', request, ...issuer, '-extfile', extensions, '-out', certFile]);
    return { certFile, keyFile, cert: readFileSync(certFile, 'utf8'), key: readFileSync(keyFile, 'utf8') };
  }

  return {
    authorityFile: caCert,
    authority: readFileSync(caCert, 'utf8'),
    server: sign('/CN=kube-apiserver', SERVER_NAMES),
    tokenKeyFile,
    tokenPublicFile,
    issue: (user, groups = []) => sign(`${groups.map((group) => `/O=${group}`).join('')}/CN=${user}`, null),
  };
}

function newKey(keyFile: string): readonly string[] {
  return ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', keyFile];
}

function openssl(args: readonly string[]): void {
  execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'], timeout: TIMEOUT_MS });
}
