import { existsSync, readFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { resolve } from 'node:path';
import { counted } from '@watchbill/base';
import type { SweepChain, SweepNetwork, SweepReport } from '@watchbill/fleet/simulate';
import { usageFault } from '../../../fault.ts';
import type { Io } from '../../../io.ts';
import { wholeOf } from '../../numbers.ts';
import { digestOf } from './prepare.ts';

export interface SweepFlags {
  readonly command?: string;
  readonly sizes: string;
  readonly spec?: string;
  readonly chain?: string;
  readonly specCommand?: string;
  readonly flag: readonly string[];
  readonly keys: string;
  readonly names: string;
  readonly warmup: string;
  readonly blocks: string;
  readonly timeout: string;
  readonly startSeconds: string;
  readonly report?: string;
  readonly continue?: boolean;
  readonly show?: string;
  readonly json?: boolean;
}

/** What is to be measured, checked as far as can be before anything is started. */
export interface SweepOrder {
  readonly network: SweepNetwork;
  readonly sizes: readonly number[];
  readonly warmupBlocks: number;
  readonly blocks: number;
  readonly timeoutSeconds: number;
  readonly startSeconds: number;
  /** Absolute path of the report. */
  readonly file: string;
  /** What was measured before, or an empty one. */
  readonly report: SweepReport;
}

const REPORT = 'sweep.json';
const MOST_BLOCKS = 1_000;
const MOST_SECONDS = 86_400;

/** Throws a usage fault: then nothing was started and nothing written. */
export async function sweepOrder(io: Io, flags: SweepFlags): Promise<SweepOrder> {
  const { SWEEP_FORMAT, usualScheme } = await import('@watchbill/fleet/simulate');
  if (flags.command === undefined)
    throw usageFault('no node is named', 'name its path with --command', 'flag --command');
  const command = resolve(io.cwd, flags.command);
  if (!existsSync(command))
    throw usageFault(`there is no ${command}`, 'build or fetch the node', 'flag --command');
  const names = listOf(flags.names, 'names');
  if (new Set(names).size < names.length)
    throw usageFault('a name is there twice', 'name each validator once', 'flag --names');
  const sizes = sizesOf(flags.sizes, names.length);
  const chain = chainOf(flags);
  for (const size of sizes) checkSpec(io, chain, size);
  const keyTypes = Object.fromEntries(listOf(flags.keys, 'keys').map((type) => [type, usualScheme(type)]));
  const network = { command, chain, flags: flags.flag, keyTypes, names };
  for (const size of sizes) await checkNetwork(network, size);
  const warmupBlocks = numberOf(flags.warmup, 'warmup', 0, MOST_BLOCKS);
  const blocks = numberOf(flags.blocks, 'blocks', 1, MOST_BLOCKS);
  const fresh: SweepReport = {
    format: SWEEP_FORMAT,
    settings: {
      programSha256: await digestOf(command),
      chain:
        'chain' in chain ? chain.chain : 'specFile' in chain ? chain.specFile : chain.specCommand.join(' '),
      flags: [...flags.flag],
      keyTypes,
      names: [...names],
      warmupBlocks,
      blocks,
    },
    machine: {
      platform: `${process.platform} ${process.arch}`,
      cpus: cpus().length,
      memoryGiB: Math.round((totalmem() / 2 ** 30) * 10) / 10,
    },
    results: [],
  };
  const file = resolve(io.cwd, flags.report ?? REPORT);
  return {
    network,
    sizes,
    warmupBlocks,
    blocks,
    timeoutSeconds: numberOf(flags.timeout, 'timeout', 1, MOST_SECONDS),
    startSeconds: numberOf(flags.startSeconds, 'start-seconds', 1, MOST_SECONDS),
    file,
    report: await reportToFill(io, file, flags, fresh),
  };
}

/** An earlier report is gone on with where that is wanted and it is of the same sweep; never overwritten. */
async function reportToFill(
  io: Io,
  file: string,
  flags: SweepFlags,
  fresh: SweepReport,
): Promise<SweepReport> {
  if (!existsSync(file)) return fresh;
  if (flags.continue !== true)
    throw usageFault(
      `${file} exists already and is never overwritten`,
      'go on with it by --continue, or name a new file',
      'flag --report',
    );
  const { settingsThatDiffer } = await import('@watchbill/fleet/simulate');
  const report = await readSweepReport(io, file, 'flag --report');
  const differ = settingsThatDiffer(report.settings, fresh.settings);
  if (differ.length === 0) return report;
  throw usageFault(
    `${file} was measured with another ${differ.join(', ')}: its figures and new ones are not of one sweep`,
    'give the same flags, or name a new file',
    'flag --continue',
  );
}

/** Reads a report. Throws a usage fault where there is none. */
export async function readSweepReport(io: Io, path: string, flag: string): Promise<SweepReport> {
  const { sweepReportShape } = await import('@watchbill/fleet/simulate');
  const file = resolve(io.cwd, path);
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw usageFault(`${file} cannot be read: ${why}`, 'name the report of a sweep', flag);
  }
  const read = sweepReportShape.safeParse(value);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  throw usageFault(
    `${file} is no report of a sweep: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`,
    'name the report of a sweep',
    flag,
  );
}

function sizesOf(text: string, most: number): readonly number[] {
  const sizes = listOf(text, 'sizes').map((one) => numberOf(one, 'sizes', 1, most));
  return [...new Set(sizes)].sort((one, other) => one - other);
}

function chainOf({ spec, chain, specCommand }: SweepFlags): SweepChain {
  const given = [spec, chain, specCommand].filter((one) => one !== undefined);
  if (given.length !== 1)
    throw usageFault(
      given.length === 0 ? 'no chain is named' : 'more than one chain is named',
      'name one of --spec, --chain, --spec-command',
      'flags --spec, --chain, --spec-command',
    );
  if (chain !== undefined) return { chain };
  if (spec !== undefined) return { specFile: spec };
  return { specCommand: (specCommand ?? '').split(/\s+/).filter((part) => part !== '') };
}

/** Names, flags and keys must be such as a simulation takes. */
async function checkNetwork(network: SweepNetwork, size: number): Promise<void> {
  const { networkOfSize, refusalsOf, simulationSchema } = await import('@watchbill/fleet/simulate');
  const read = simulationSchema.safeParse(networkOfSize(network, size));
  if (!read.success) {
    const [issue] = read.error.issues;
    throw usageFault(
      `${issue?.path.join('.') ?? 'the network'} cannot be so: ${issue?.message ?? ''}`,
      'correct the flag',
      'flags --names, --flag, --keys',
    );
  }
  const [refusal] = refusalsOf(read.data);
  if (refusal !== undefined)
    throw usageFault(refusal.what, refusal.remedy, `flags --names, --flag (${refusal.path.join('.')})`);
}

/** Files of all sizes must be there before the first is measured. */
function checkSpec(io: Io, chain: SweepChain, size: number): void {
  if (!('specFile' in chain)) return;
  const file = resolve(io.cwd, chain.specFile.replaceAll('{validators}', String(size)));
  if (!existsSync(file))
    throw usageFault(
      `there is no ${file}, for ${counted(size, 'validator')}`,
      'make it, or leave the size out',
      'flag --spec',
    );
}

function listOf(text: string, flag: string): readonly string[] {
  const list = text
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '');
  if (list.length === 0) throw usageFault(`--${flag} is empty`, 'write a list with commas', `flag --${flag}`);
  return list;
}

function numberOf(text: string, flag: string, least: number, most: number): number {
  return wholeOf(text, { where: `flag --${flag}`, of: flag, least, most });
}
