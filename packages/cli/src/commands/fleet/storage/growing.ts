import type { Network } from '@watchbill/fleet';
import { usageFault } from '../../../process/fault.ts';
import type { Io } from '../../../process/io.ts';
import { readGraph } from '../network-file.ts';

export interface GrowingFlags {
  readonly file: string;
  readonly prometheus?: string;
}

/** A network of which some volumes may grow. Refuses one without, and an address that is none. */
export async function growingNetwork(io: Io, { file, prometheus }: GrowingFlags): Promise<Network> {
  const { network } = await readGraph(io, file);
  if (prometheus !== undefined && !/^https?:\/\/[^@\s]+$/.test(prometheus))
    throw usageFault(
      // It may hold a password, so it is not repeated.
      'the address of Prometheus is none',
      'write http://HOST:PORT, without user and password',
      'flag --prometheus',
    );
  if (network.pools.every(({ settings }) => settings.storage.grow === undefined))
    throw usageFault(
      'no pool says when its volumes grow',
      'write `storage: {grow: {atUsedPercent: 80, byPercent: 25, maxGiB: 1000}}` in a pool',
      file,
    );
  return network;
}
