import type { Io } from '@watchbill/kit/command/io';
import type { ReadFor, ReadGraph } from '../run/network-file/index.ts';

export const NETWORK_FILE = 'network.yaml';

/** Reads a network file, named from the folder of the command. Throws a usage fault with every problem. */
export async function readGraph({ cwd }: Io, file: string, readFor: ReadFor = 'any'): Promise<ReadGraph> {
  const { readNetworkFile } = await import('../run/network-file/index.ts');
  return readNetworkFile(cwd, file, readFor);
}
