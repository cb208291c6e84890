import { usageFault } from '@watchbill/kit';
import type { Io } from '@watchbill/kit/command/io';
import type { Command } from 'commander';
import type { UnderLock } from '../../run/operations/index.ts';
import { addTargetOptions, openerOf, type TargetFlags } from '../command-ports.ts';
import { addLockWait, lockWishes } from '../lock-text.ts';
import { NETWORK_FILE, readGraph } from '../network-file.ts';

/** The node as the network file names it, so that the lock of its place is held. */
export interface KeyLockFlags extends TargetFlags {
  readonly of?: string;
  readonly file: string;
  readonly lockWait: number;
}

export function addKeyLock(command: Command): Command {
  command
    .option(
      '--of <node>',
      'name of the node in the network file: the lock of its place is held while keys change',
    )
    .option('--file <file>', 'network file', NETWORK_FILE);
  return addLockWait(addTargetOptions(command), '--lock-wait');
}

/** `verb`: `make`, for the lock that reads `make session keys of v-iron-0`. Undefined without `--of`. */
export async function keyLock(
  io: Io,
  flags: KeyLockFlags,
  verb: string,
  signal: AbortSignal,
): Promise<UnderLock | undefined> {
  const { of: name, file } = flags;
  if (name === undefined) return undefined;
  const { network } = await readGraph(io, file);
  const nodes = network.pools.flatMap((pool) => pool.nodes);
  const node = nodes.find((one) => one.name === name);
  const place = node === undefined ? undefined : network.places.get(node.place);
  if (place === undefined)
    throw usageFault(
      `${file} has no node ${name}`,
      `one of ${nodes.map((one) => one.name).join(', ')}`,
      'flag --of',
    );
  const { underPlaceLock } = await import('../../run/operations/index.ts');
  const ports = { clock: io.clock, openTargets: await openerOf(io, flags) };
  const lock = { network: network.name, place, work: `${verb} session keys of ${name}`, signal };
  return (isSigning, work) =>
    underPlaceLock(ports, { ...lock, isSigning, ...lockWishes(io, flags.lockWait) }, work);
}
