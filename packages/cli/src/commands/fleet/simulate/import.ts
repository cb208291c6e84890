import { existsSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { visible } from '@watchbill/base';
import type { Command } from 'commander';
import { stringify } from 'yaml';
import { type Context, withExamples } from '../../../context.ts';
import { EXIT } from '../../../exit.ts';
import { usageFault } from '../../../fault.ts';
import type { Io } from '../../../io.ts';
import { print } from '../../../output/print.ts';
import { writeNew } from '../../../output/write-files.ts';
import { SIMULATION_FILE } from './file.ts';
import { type Imported, imported, type Remark } from './imported.ts';

interface ImportFlags {
  readonly from: string;
  readonly tests?: string;
  readonly out: string;
  readonly name: string;
  readonly json?: boolean;
}

/** `fleet simulate import`: a simulation file from a specification of zombienet, and from its tests. */
export function addImport(parent: Command, { io, exit }: Context): void {
  const command = parent
    .command('import')
    .description(
      'write a simulation file from a network specification of zombienet, and from a test of it; says of every field and line what is not carried over. Exit 3 where something has to be changed before it can run',
    )
    .requiredOption('--from <file>', 'the specification, as TOML, YAML or JSON')
    .option('--tests <file>', 'a test in its language (.zndsl), whose lines become steps')
    .option('--out <file>', 'new simulation file', SIMULATION_FILE)
    .option('--name <name>', 'name of the simulation', 'imported')
    .option('--json', 'print JSON')
    // A flag that `simulate` knows too is taken by that.
    .action(async (_own, one: Command) =>
      exit(await importZombienet(io, one.optsWithGlobals<ImportFlags>())),
    );
  withExamples(command, [
    'watchbill fleet simulate import --from network.toml --name quayside',
    'watchbill fleet simulate import --from network.toml --tests smoke.zndsl',
  ]);
}

async function importZombienet(io: Io, flags: ImportFlags): Promise<0 | 3> {
  const target = resolve(io.cwd, flags.out);
  if (existsSync(target))
    throw usageFault(`${target} exists already and is never overwritten`, 'name a new file', 'flag --out');
  const made = await imported(io, flags);
  writeNew([{ path: target, text: `${headerOf(flags, made)}${stringify(made.simulation)}`, mode: 0o644 }]);
  const refused = made.remarks.filter(({ kind }) => kind === 'refused').length;
  print(io, flags.json, { file: target, refused, remarks: made.remarks }, () =>
    [`wrote ${target}\n`, ...made.remarks.map(remarkLine)].join(''),
  );
  return refused === 0 ? EXIT.ok : EXIT.denied;
}

function headerOf({ from, tests }: ImportFlags, { description, remarks }: Imported): string {
  const sources = [from, ...(tests === undefined ? [] : [tests])].map((file) => visible(basename(file)));
  const lines = [
    `Made from ${sources.join(' and ')}. Look it through; notes that were printed: ${remarks.length}.`,
    ...(description === null ? [] : [visible(description)]),
  ];
  return lines.map((line) => `# ${line}\n`).join('');
}

function remarkLine({ kind, where, subject, what, remedy }: Remark): string {
  return `${visible(`${kind === 'refused' ? 'refused' : 'note'}: ${where}: ${subject}: ${what}; ${remedy}`)}\n`;
}
