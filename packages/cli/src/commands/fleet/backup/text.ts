import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { FleetNode, Network } from '@watchbill/fleet';
import { usageFault } from '../../../process/fault.ts';
import type { Io } from '../../../process/io.ts';

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

/** `1.2 GiB` */
export function sizeText(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${UNITS[unit]}`;
}

/** How the node calls its chain: the name that its program knows, or the `id` of the specification. */
export async function chainIdOf(io: Io, file: string, network: Network, node: FleetNode): Promise<string> {
  const { chainsOf } = await import('@watchbill/fleet-run/backup');
  const { own } = chainsOf(network, node);
  const spec = own.spec?.file;
  if (own.name !== undefined) return own.name;
  if (spec === undefined) return 'unknown';
  try {
    const { id } = JSON.parse(readFileSync(resolve(dirname(resolve(io.cwd, file)), spec), 'utf8')) as {
      id?: unknown;
    };
    return typeof id === 'string' && /^[A-Za-z0-9._-]+$/.test(id) ? id : 'unknown';
  } catch {
    throw usageFault(`${spec} cannot be read`, 'it is the chain specification that the file names', file);
  }
}
