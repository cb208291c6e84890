import { resolve } from 'node:path';
import { readText } from '@watchbill/kit/command/input-file';
import type { Io } from '@watchbill/kit/command/io';
import type { Runtime } from '../../index.ts';

/**
 * Reads a file of a certificate, or the reason why it is not a certificate. Throws a usage fault if it cannot
 * be read at all.
 */
export function readCertificateFile(
  io: Io,
  runtime: Runtime,
  path: string,
): ReturnType<Runtime['readCertificateText']> {
  const missing = 'name a file that `watchbill coordinate certificate export` wrote';
  return runtime.readCertificateText(readText(resolve(io.cwd, path), { missing, named: path }));
}
