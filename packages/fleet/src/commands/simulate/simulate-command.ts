import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { counted, usageFault } from '@watchbill/kit';
import { type Context, withExamples, withStatuses } from '@watchbill/kit/command/context';
import { EXIT } from '@watchbill/kit/command/exit';
import type { Io } from '@watchbill/kit/command/io';
import { replaceFile } from '@watchbill/kit/command/write-files';
import type { Command } from 'commander';
import { readSimulation, SIMULATION_FILE } from './file.ts';
import { addInit } from './init.ts';
import { parachainFiles } from './parachains.ts';
import { type RunFlags, runSimulation } from './simulate-run.ts';

interface SimulateFlags extends RunFlags {
  readonly file: string;
  readonly check?: boolean;
  readonly withoutParachains?: boolean;
  readonly parachains?: string;
}

/** `local simulate`: a throw-away network of real nodes, its disturbances, and the expectations of it. */
export function addFleetSimulate(parent: Command, context: Context): void {
  const { io, exit } = context;
  const command = parent
    .command('simulate')
    .description('run a throw-away network on this machine, disturb it, and check what must hold')
    .option('--file <file>', 'simulation file', SIMULATION_FILE)
    .option(
      '--folder <folder>',
      'new folder for chains and logs, kept afterwards (default: a temporary one, kept only after a failure)',
    )
    .option('--report <file>', 'write the result as JSON')
    .option('--check', 'check the file and end, without starting a node')
    .option('--without-parachains', 'run only the relay chain of a file with parachains')
    .option(
      '--parachains <folder>',
      'write a network file for each parachain into this folder, for `fleet file render`',
    )
    .option('--json', 'print one line of JSON for each event')
    .action(async (flags: SimulateFlags) => exit(await simulate(io, flags)));
  addInit(command, io);
  withExamples(withStatuses(command, { denied: 'an expectation did not hold' }), [
    'watchbill fleet local simulate init --command ./polkadot --chain westend-local',
    'watchbill fleet local simulate --check',
    'watchbill fleet local simulate --file simulation.yaml --report report.json',
  ]);
}

async function simulate(io: Io, flags: SimulateFlags): Promise<0 | 3> {
  const document = await readSimulation(io, flags.file);
  const parachains = await parachainFiles(document);
  if (flags.parachains !== undefined) {
    const folder = resolve(io.cwd, flags.parachains);
    mkdirSync(folder, { recursive: true });
    for (const { id, text, leftOut } of parachains) {
      replaceFile(join(folder, `${id}.yaml`), text);
      const without = leftOut.length === 0 ? '' : `; not carried over: ${leftOut.join(', ')}`;
      io.out(`wrote ${id}.yaml${without}\n`);
    }
  }
  if (flags.check === true) {
    const { relay, run } = document.value;
    io.out(
      `${document.value.name}: ${counted(relay.nodes.length, 'node')}, ${counted(run.length, 'step')}, ${counted(parachains.length, 'parachain')}; no node was started\n`,
    );
    return EXIT.ok;
  }
  if (parachains.length > 0 && flags.withoutParachains !== true)
    throw usageFault(
      'parachains are checked and rendered here, not run',
      'run the relay chain alone with --without-parachains; or write network files with --parachains, for a cluster',
      document.whereIs(['parachains']),
    );
  const report = await runSimulation(io, document, flags);
  return report.passed ? EXIT.ok : EXIT.denied;
}
