import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { parse, stringify } from 'yaml';
import { withExamples } from '../../../context.ts';
import { usageFault } from '../../../fault.ts';
import type { Io } from '../../../io.ts';
import { printable } from '../../../output/table.ts';
import { SIMULATION_FILE } from './file.ts';

interface ImportFlags {
  readonly from: string;
  readonly out: string;
  readonly name: string;
}

/** `fleet simulate import`: a simulation file from a specification of zombienet. */
export function addImport(parent: Command, io: Io): void {
  const command = parent
    .command('import')
    .description('write a simulation file from a network specification of zombienet; says what it leaves out')
    .requiredOption('--from <file>', 'the specification, as JSON or YAML')
    .option('--out <file>', 'new simulation file', SIMULATION_FILE)
    .option('--name <name>', 'name of the simulation', 'imported')
    .action((flags: ImportFlags) => importZombienet(io, flags));
  withExamples(command, ['watchbill fleet simulate import --from network.json --name quayside']);
}

async function importZombienet(io: Io, { from, out, name }: ImportFlags): Promise<void> {
  const target = resolve(io.cwd, out);
  if (existsSync(target))
    throw usageFault(`${target} exists already and is never overwritten`, 'name a new file', 'flag --out');
  if (from.endsWith('.toml'))
    throw usageFault(
      `${from} is TOML, which is not read here`,
      "make JSON of it, for example: python3 -c 'import json, sys, tomllib; json.dump(tomllib.load(sys.stdin.buffer), sys.stdout)' < network.toml > network.json",
      'flag --from',
    );
  const { fromZombienet } = await import('@watchbill/fleet/simulate');
  const { simulation, notes } = fromZombienet(specification(io, from), name);
  writeFileSync(
    target,
    `# Made from ${printable(from)}. Look it through: ${notes.length} notes were printed.\n${stringify(simulation)}`,
  );
  io.out(`wrote ${target}\n${notes.map((note) => `note: ${printable(note)}\n`).join('')}`);
}

function specification(
  io: Io,
  from: string,
): Parameters<typeof import('@watchbill/fleet/simulate')['fromZombienet']>[0] {
  let value: unknown;
  try {
    value = parse(readFileSync(resolve(io.cwd, from), 'utf8'));
  } catch (error) {
    const why = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    throw usageFault(`${from} cannot be read: ${why}`, 'name a specification as JSON or YAML', 'flag --from');
  }
  if (typeof value === 'object' && value !== null && 'relaychain' in value)
    return value as ReturnType<typeof specification>;
  throw usageFault(`${from} has no relaychain`, 'name a specification of zombienet', 'flag --from');
}
