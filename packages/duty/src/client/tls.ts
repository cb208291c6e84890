import { createPrivateKey, X509Certificate } from 'node:crypto';
import { usageFault } from '@watchbill/kit';
import type { CallTls } from '@watchbill/kit/call';
import { readBytes } from '@watchbill/kit/command/input-file';
import type { Target } from './target.ts';

/**
 * The PEM files of a target. Throws a fault for an unfit one, for plain HTTP too: a flag that names no
 * certificate is a mistake anyway.
 */
export function tlsOf({ caFile, certFile, keyFile, anyCertificate }: Target): CallTls {
  const files = { ...tlsFile('ca', caFile), ...tlsFile('cert', certFile), ...tlsFile('key', keyFile) };
  if (!isPair(files))
    throw usageFault(
      `the certificate ${certFile ?? '(none)'} and the key ${keyFile ?? '(none)'} do not belong together`,
      'name the two files of one identity: --cert-file and --key-file',
      keyFile === null ? 'flag --key-file' : 'flag --cert-file',
    );
  return anyCertificate === true ? { ...files, rejectUnauthorized: false } : files;
}

/** Without both, there is no client certificate. A key that cannot be read is left to the connection. */
function isPair({ cert, key }: Readonly<Record<string, Buffer>>): boolean {
  if (cert === undefined || key === undefined) return cert === key;
  try {
    return new X509Certificate(cert).checkPrivateKey(createPrivateKey(key));
  } catch {
    return true;
  }
}

function tlsFile(name: 'ca' | 'cert' | 'key', file: string | null): Record<string, Buffer> {
  if (file === null) return {};
  const missing = 'name an existing PEM file that this user may read';
  const where = `flag --${name}-file`;
  const kind = name === 'key' ? 'PRIVATE KEY' : 'CERTIFICATE';
  const bytes = readBytes(file, { where, missing });
  if (bytes.includes(`${kind}-----`)) return { [name]: bytes };
  throw usageFault(`${file} holds no ${kind.toLowerCase()} in PEM form`, missing, where);
}
