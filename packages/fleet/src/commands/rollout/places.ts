import { usageFault } from '@watchbill/kit';
import type { ExitCode } from '@watchbill/kit/command/exit';
import type { Io } from '@watchbill/kit/command/io';
import { portsOf } from '../command-ports.ts';
import { readGraph } from '../network-file.ts';
import { type RolloutFlags, wishesOf } from './flags.ts';
import { runAndSay } from './say.ts';

/** The changes of a plan to nodes that run, on clusters and machines. */
export async function rolloutPlaces(io: Io, options: RolloutFlags): Promise<ExitCode> {
  if (options.binary !== undefined)
    throw usageFault(
      '--binary needs a network on this machine',
      'name its folder with --local; elsewhere change software in the network file',
      'flag --binary',
    );
  const declared = await readGraph(io, options.file, 'place');
  const wishes = await wishesOf(options);
  const operations = await import('../../run/operations/index.ts');
  const ports = await portsOf(io, options);
  const { file, pool: pools } = options;
  return runAndSay(io, options.json === true, (watch) =>
    operations.rolloutPlaces(ports, { declared, file, pools, wishes, ...watch }),
  );
}
