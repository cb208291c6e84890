import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * A new authority in `folder`, and what it signs for these names, for example `IP:198.18.1.13`, as server and
 * as client: entries as cert-manager writes them, and `SUBJECT.pem` and `SUBJECT.key` beside `NAME-ca.pem`.
 */
export function authority(folder: string, name: string) {
  const openssl = (...args: readonly string[]) =>
    execFileSync('openssl', args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'], timeout: 60_000 });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const ca = [`${name}-ca.pem`, `${name}-ca.key`] as const;
  openssl('req', '-x509', ...key, '-keyout', ca[1], '-out', ca[0], '-days', '2', '-subj', `/CN=${name}`);
  const read = (file: string): string => readFileSync(join(folder, file), 'utf8');
  return (subject: string, names: readonly string[]): Readonly<Record<string, string>> => {
    openssl('req', ...key, '-keyout', `${subject}.key`, '-out', `${subject}.csr`, '-subj', `/CN=${subject}`);
    writeFileSync(
      join(folder, `${subject}.ext`),
      `subjectAltName=${[...names, 'DNS:localhost', 'IP:127.0.0.1'].join(',')}\nextendedKeyUsage=serverAuth,clientAuth\n`,
    );
    const signed = ['-CA', ca[0], '-CAkey', ca[1], '-CAcreateserial', '-days', '2'];
    openssl(
      'x509',
      '-req',
      '-in',
      `${subject}.csr`,
      '-out',
      `${subject}.pem`,
      ...signed,
      '-extfile',
      `${subject}.ext`,
    );
    return { 'tls.crt': read(`${subject}.pem`), 'tls.key': read(`${subject}.key`), 'ca.crt': read(ca[0]) };
  };
}
