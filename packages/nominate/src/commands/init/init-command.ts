import { join, relative, resolve } from 'node:path';
import { type Fault, usageFault } from '@watchbill/kit';
import { type Context, withExamples } from '@watchbill/kit/command/context';
import type { Io } from '@watchbill/kit/command/io';
import { carryOut, type PlannedFile, refuseExisting } from '@watchbill/kit/command/planned-files';
import { lines, print } from '@watchbill/kit/command/print';
import { type Command, Option } from 'commander';
import type { NominatorRules, Preset, Programme } from '../../index.ts';
import { PROGRAMME_FILE } from '../inputs.ts';
import { CONFIG_FILE } from '../run/document.ts';
import { configText } from './config-text.ts';
import { type Example, exampleFor } from './example.ts';
import { type LocalChain, localChain, programmeOfChain } from './local-chain.ts';
import { readNominators } from './nominators.ts';
import { programmeYaml } from './programme-text.ts';

interface InitFlags extends Preset {
  readonly dir: string;
  readonly topology: 'process' | 'workers';
  readonly purpose: 'development' | 'production';
  readonly nominator?: readonly string[];
  readonly example?: boolean;
  readonly chain?: string;
  readonly json?: boolean;
}

/** The note in an example without chains. */
const RECORDED =
  'This example uses recorded data and never sends. To try it on local chains, run `npm run nominate:local` first (in the repository).';

/** `nominate init`: a programme to begin with; with `--example` also an invented world to try it on. */
export function addNominateInit(parent: Command, { io }: Context): void {
  const command = parent
    .command('init')
    .description('write first rules of a programme; with --example also invented facts to try it on')
    .addOption(
      new Option('--network <name>', 'chain that is nominated on')
        .choices(['kusama', 'polkadot'])
        .default('polkadot'),
    )
    .addOption(
      new Option(
        '--profile <name>',
        'fair: rules of 2026; 1kv: as the Thousand Validators Programme had them',
      )
        .choices(['fair', '1kv'])
        .default('fair'),
    )
    .option(
      '--nominator <name-and-stash>',
      'who nominates, repeatable: "NAME STASH"',
      (text: string, before: readonly string[] = []) => [...before, text],
    )
    .addOption(
      new Option(
        '--topology <name>',
        'process: one process runs all jobs; workers: jobs over a queue in Redis',
      )
        .choices(['process', 'workers'])
        .default('process'),
    )
    .addOption(
      new Option(
        '--purpose <name>',
        'production: rounds follow the eras of the chain; development: frequent rounds',
      )
        .choices(['production', 'development'])
        .default('production'),
    )
    .option('--example', 'add invented nominators, an invented snapshot and an invented candidate list')
    .option(
      '--chain <folder>',
      'with --example: folder of the chains that `npm run nominate:local` runs (default: its usual folder)',
    )
    .option('--dir <folder>', 'folder for the new files', '.')
    .option('--json', 'print JSON')
    .action((options: InitFlags) => init(io, options));
  withExamples(command, [
    'watchbill nominate init --example',
    'watchbill nominate init --network kusama --nominator "west 5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty"',
  ]);
}

async function init(io: Io, options: InitFlags): Promise<void> {
  if (options.chain !== undefined && options.example !== true)
    throw usageFault('--chain belongs to --example', 'leave it out, or add --example', 'flag --chain');
  const chain = options.example === true ? await localChain(io, options.chain) : null;
  await (chain === null ? initRecorded(io, options) : initOnChain(io, options, chain));
}

/** An example that works: on chains that run here, with signers. */
async function initOnChain(io: Io, options: InitFlags, chain: LocalChain): Promise<void> {
  if (options.nominator !== undefined) throw ownNominators();
  const programme = await programmeOfChain(chain);
  const files = planned(resolve(io.cwd, options.dir), [
    { name: PROGRAMME_FILE, text: await programmeText(programme, false) },
    { name: CONFIG_FILE, text: await configText(options, true, chain) },
  ]);
  write(files);
  const made = files.map(({ path }) => relative(io.cwd, path));
  const run = runLine(made);
  const { folder, record } = chain;
  print(io, options.json, { made: files.map(({ path }) => path), next: [], run, chain: folder }, () =>
    lines([
      'made:',
      ...made.map((path) => `  ${path}`),
      '',
      `on the chains that run here (${folder}): transactions are sent to these chains, and have no value`,
      ...record.nominators.map(({ name, way }) => `  ${name} nominates: ${way}`),
      '',
      `next: ${run}`,
    ]),
  );
}

function planned(
  dir: string,
  files: readonly { readonly name: string; readonly text: string }[],
): readonly PlannedFile[] {
  return files.map(({ name, text }) => ({ path: join(dir, name), text, mode: 0o644 }));
}

function write(files: readonly PlannedFile[]): void {
  refuseExisting(files.map(({ path }) => path));
  carryOut({ folders: [], files });
}

function runLine(made: readonly string[]): string {
  const config = made.find((path) => path.endsWith(CONFIG_FILE));
  return `watchbill nominate run${config === CONFIG_FILE ? '' : ` --config ${config}`}`;
}

async function initRecorded(io: Io, options: InitFlags): Promise<void> {
  const dir = resolve(io.cwd, options.dir);
  const example = options.example === true ? await exampleFor(options) : null;
  const nominators = await nominatorsOf(options, example);
  const { encodeSnapshot, presetProgramme } = await import('../../index.ts');
  const programme = presetProgramme(options, nominators);
  const files = planned(dir, [
    { name: PROGRAMME_FILE, text: await programmeText(programme, example !== null) },
    { name: CONFIG_FILE, text: await configText(options, example !== null) },
    ...(example === null
      ? []
      : [
          { name: 'example-snapshot.json', text: encodeSnapshot(example.snapshot) },
          { name: 'example-candidates.json', text: example.list },
        ]),
  ]);
  write(files);
  const made = files.map(({ path }) => relative(io.cwd, path));
  const documents = made.filter((path) => !path.endsWith(CONFIG_FILE));
  const run = runLine(made);
  const next = steps(documents, example !== null, options.network, run.replace(' run', ' snapshot'));
  print(io, options.json, { made: files.map(({ path }) => path), next, run, chain: null }, () =>
    lines([
      'made:',
      ...made.map((path) => `  ${path}`),
      '',
      'next:',
      ...next.map((step, at) => `  ${at + 1}. ${step}`),
      `  ${next.length + 1}. run it, with pages: ${run}`,
      ...(example === null ? [] : ['', RECORDED]),
    ]),
  );
}

async function nominatorsOf({ nominator = [] }: InitFlags, example: Example | null): Promise<NominatorRules> {
  if (example === null && nominator.length === 0)
    throw usageFault(
      'a programme needs a nominator',
      'name each with --nominator "NAME STASH", or try --example',
      'flag --nominator',
    );
  if (example === null) return readNominators(nominator);
  if (nominator.length === 0) return example.nominators;
  throw ownNominators();
}

function ownNominators(): Fault {
  return usageFault(
    'an example brings its own nominators',
    'leave --nominator or --example out',
    'flag --nominator',
  );
}

async function programmeText(programme: Programme, isExample: boolean): Promise<string> {
  const { encodeProgramme } = await import('../../index.ts');
  const document = JSON.parse(encodeProgramme(programme)) as Record<string, unknown>;
  const own = isExample ? { ...document, ...exampleChanges(programme, document) } : document;
  const head = isExample
    ? 'Rules of an example programme. Its nominators are invented; you can change every setting.'
    : 'Rules of a nomination programme. You can change every setting; a missing setting has its default.';
  return programmeYaml(head, own);
}

/** Fewer targets than candidates, so that a round leaves some out. */
function exampleChanges({ name }: Programme, { round }: Readonly<Record<string, unknown>>) {
  return { name: `example: ${name}`, round: { ...(round as object), mostTargets: 5 } };
}

/** `take` is the command that takes a snapshot, which an example has already. */
function steps(
  made: readonly string[],
  isExample: boolean,
  network: string,
  take: string,
): readonly string[] {
  const [programme = '', snapshot = 'snapshot.json', list = 'candidates.json'] = made;
  const named = programme === PROGRAMME_FILE ? '' : ` --programme ${programme}`;
  const commands = [
    `look at a candidate list: watchbill nominate candidates lint ${list} --network ${network}`,
    ...(isExample ? [] : [`take a snapshot of the chains: ${take} --out ${snapshot}`]),
    `check the candidates: watchbill nominate check --snapshot ${snapshot}${named}`,
    `decide a round: watchbill nominate round plan --snapshot ${snapshot}${named} --out round.json`,
  ];
  return isExample ? commands : [`read ${programme} and change what should be otherwise`, ...commands];
}
