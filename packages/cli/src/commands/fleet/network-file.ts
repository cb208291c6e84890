import type { ReadFor, ReadGraph } from '@watchbill/fleet-run/network-file';
import type { Io } from '../../process/io.ts';

export const NETWORK_FILE = 'network.yaml';

/** Reads a network file, named from the folder of the command. Throws a usage fault with every problem. */
export async function readGraph({ cwd }: Io, file: string, readFor: ReadFor = 'any'): Promise<ReadGraph> {
  const { readNetworkFile } = await import('@watchbill/fleet-run/network-file');
  return readNetworkFile(cwd, file, readFor);
}
