import { existsSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { usageFault } from '@watchbill/kit';
import { withExamples } from '@watchbill/kit/command/context';
import type { Io } from '@watchbill/kit/command/io';
import { writeNew } from '@watchbill/kit/command/write-files';
import type { Command } from 'commander';
import { SIMULATION_FILE } from './file.ts';

interface InitFlags {
  readonly command: string;
  readonly chain?: string;
  readonly spec?: string;
  readonly flag: readonly string[];
  readonly name: string;
  readonly out: string;
}

/** `fleet local simulate init`: a first simulation file. */
export function addInit(parent: Command, io: Io): void {
  const command = parent
    .command('init')
    .description('write a first simulation file: two validators, one other node, a pause and a kill')
    .requiredOption('--command <file>', 'program of the node, as a path from the folder of the new file')
    .option('--chain <name>', 'chain that the node knows')
    .option(
      '--spec <file>',
      'or a chain specification with the validators Alice and Bob, as a path from that folder',
    )
    .option('--flag <flags...>', 'extra flags of this node', [])
    .option('--name <name>', 'name of the simulation', 'simulation')
    .option('--out <file>', 'new simulation file', SIMULATION_FILE)
    .action((flags: InitFlags) => init(io, flags));
  withExamples(command, ['watchbill fleet local simulate init --command ./polkadot --chain westend-local']);
}

async function init(io: Io, { command, chain, spec, flag, name, out }: InitFlags): Promise<void> {
  if ((chain === undefined) === (spec === undefined))
    throw usageFault(
      'a simulation has one chain',
      'name it with --chain or --spec',
      'flags --chain and --spec',
    );
  if (command.trim() === '')
    throw usageFault(
      'no program is named',
      'name the node that runs: --command ./polkadot',
      'flag --command',
    );
  const target = resolve(io.cwd, out);
  if (existsSync(target))
    throw usageFault(`${target} exists already and is never overwritten`, 'name a new file', 'flag --out');
  const from = dirname(target);
  expectFile(
    resolve(from, command),
    '--command',
    'build or fetch the node, and name it by its path: ./polkadot',
  );
  if (spec !== undefined) expectFile(resolve(from, spec), '--spec', 'name an existing specification');
  const { simulationYaml } = await import('../../file/index.ts');
  const source = chain === undefined ? { specFile: spec ?? '' } : { name: chain };
  writeNew([
    { path: target, text: simulationYaml({ name, command, chain: source, args: flag }), mode: 0o644 },
  ]);
  io.out(
    `wrote ${target}\nnext: watchbill fleet local simulate --check, then watchbill fleet local simulate\n`,
  );
}

/** Both are paths from the folder of the new file, which is where a simulation looks for them. */
function expectFile(path: string, flag: string, remedy: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isFile() === true) return;
  throw usageFault(`there is no file ${path}`, remedy, `flag ${flag}`);
}
