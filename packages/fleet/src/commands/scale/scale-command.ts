import { resolve } from 'node:path';
import { counted } from '@watchbill/kit';
import { type Context, withExamples } from '@watchbill/kit/command/context';
import { EXIT, type ExitCode } from '@watchbill/kit/command/exit';
import type { Io } from '@watchbill/kit/command/io';
import { wholeOf } from '@watchbill/kit/command/numbers';
import { lines, print } from '@watchbill/kit/command/print';
import { replaceFile } from '@watchbill/kit/command/write-files';
import type { Command } from 'commander';
import { portsOf } from '../command-ports.ts';
import { addPlanOptions, type PlanFlags, planInput, printPlan } from '../plan.ts';
import { urlsOf } from './urls.ts';

export interface ScaleFlags extends PlanFlags {
  readonly place?: string;
  readonly node: readonly string[];
  readonly local?: string;
}

const MOST_NODES = 1_000;

/** `fleet nodes scale`: writes a new number of nodes into the network file, and prints the plan for it. */
export function addFleetScale(parent: Command, { io, exit }: Context): void {
  const command = parent
    .command('scale')
    .description(
      'write a new number of nodes into the network file, keep its comments, and show the plan. A signer is only removed when the chain no longer uses its keys; if this is unknown, the command refuses',
    )
    .argument('<pool>', 'name of a pool')
    .argument('<count>', 'new number of its nodes at that place');
  addPlanOptions(command)
    .option('--place <place>', 'cluster or machine (default: the only one of the pool)')
    .option(
      '--node <urls...>',
      'contact a signer at this URL instead of at its place: NAME=ws://127.0.0.1:9944 (repeat)',
      [],
    )
    .option(
      '--local <folder>',
      'folder of a network that `fleet local up --local` runs on this machine; makes no plan',
    )
    .action(async (pool: string, count: string, options: ScaleFlags) =>
      exit(await scale(io, pool, count, options)),
    );
  withExamples(command, [
    'watchbill fleet nodes scale rpc 6',
    'watchbill fleet nodes scale validators 3 --place east',
    'watchbill fleet nodes scale validators 3 --node validators-east-3=ws://127.0.0.1:9944',
  ]);
}

async function scale(io: Io, pool: string, countText: string, options: ScaleFlags): Promise<ExitCode> {
  const asked = { where: 'argument COUNT', of: 'nodes', least: 0, most: MOST_NODES };
  const count = wholeOf(countText, asked);
  const { scalePool } = await import('../../run/operations/index.ts');
  const path = resolve(io.cwd, options.file);
  const { made, ...scaled } = await scalePool(await portsOf(io, options), {
    ...planInput(io, options),
    source: { cwd: io.cwd, file: options.file, path, replace: (text) => replaceFile(path, text) },
    pool,
    place: options.place,
    count,
    nodeUrls: (signers) => urlsOf(io, options, signers),
    isLocal: options.local !== undefined,
  });
  const nodes = counted(count, 'node');
  const said = `${options.file}: ${pool} at ${scaled.place}: ${scaled.before} → ${nodes}`;
  if (made !== null) {
    if (options.json !== true) io.out(lines([said, '']));
    return printPlan(io, options, made);
  }
  print(io, options.json, scaled, () =>
    lines(
      scaled.changed
        ? [said, 'stop the network and start it again with the same folder']
        : [`${pool} has ${nodes} at ${scaled.place} already`],
    ),
  );
  return EXIT.ok;
}
