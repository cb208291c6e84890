import { dirname, resolve } from 'node:path';
import { type Document, readDocument } from '@watchbill/kit/command/document';
import type { Io } from '@watchbill/kit/command/io';
import type { GatewaySettings } from '../../gateway/index.ts';

export const DEFAULT_FILE = 'gateway.yaml';

/**
 * Reads the file of a gateway; names of files in it are made absolute, from its folder. Throws a usage fault
 * with all that is wrong.
 */
export async function readGatewayFile(io: Io, path: string): Promise<Document<GatewaySettings>> {
  const { gatewayShape } = await import('../../gateway/index.ts');
  const missing = 'name the file with --config, or make one with `watchbill fleet services gateway init`';
  const document = readDocument(io, path, gatewayShape, { missing, page: 'rpc-gateway' });
  const beside = (name: string) => resolve(dirname(document.file), name);
  const { listen, keysFile, jwt } = document.value;
  const { tls } = listen;
  const value: GatewaySettings = {
    ...document.value,
    listen: {
      ...listen,
      ...(tls === undefined ? {} : { tls: { certFile: beside(tls.certFile), keyFile: beside(tls.keyFile) } }),
    },
    ...(keysFile === undefined ? {} : { keysFile: beside(keysFile) }),
    ...(jwt === undefined ? {} : { jwt: { ...jwt, keyFile: beside(jwt.keyFile) } }),
  };
  return { ...document, value };
}
