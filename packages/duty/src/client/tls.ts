import { usageFault } from '@watchbill/kit';
import type { CallTls } from '@watchbill/kit/call';
import { readBytes } from '@watchbill/kit/command/input-file';
import type { Target } from './target.ts';

/**
 * The PEM files of a target. Throws a fault for an unfit one, for plain HTTP too: a flag that names no
 * certificate is a mistake anyway.
 */
export function tlsOf({ caFile, certFile, keyFile, anyCertificate }: Target): CallTls {
  return {
    ...tlsFile('ca', caFile),
    ...tlsFile('cert', certFile),
    ...tlsFile('key', keyFile),
    ...(anyCertificate === true ? { rejectUnauthorized: false } : {}),
  };
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
