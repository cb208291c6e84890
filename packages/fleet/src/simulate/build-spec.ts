import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { Json, JsonRecord } from '../canonical/json.ts';
import { isRecord } from '../canonical/json.ts';
import { parseExact } from './exact-json.ts';
import { SimulationFault } from './fault.ts';
import { changesGenesis, GenesisFault, isRaw, withGenesis } from './genesis.ts';
import { seedName } from './refusals.ts';
import type { Simulation } from './schema.ts';

const run = promisify(execFile);
const RUN_MS = 120_000;
const LARGEST_SPEC_BYTES = 256 << 20;
/** The newer name first. */
const EXPORTS = ['export-chain-spec', 'build-spec'];

export interface BuildOptions {
  readonly simulation: Simulation;
  /** Path of the node. */
  readonly program: string;
  /** Folder of the simulation file: paths in it begin there. */
  readonly from: string;
  /** An existing folder for what is made in between. */
  readonly work: string;
}

/** The raw specification that the nodes run: what the file names, its genesis changed, made raw by the node itself. Throws a {@link SimulationFault}. */
export async function buildSpec(options: BuildOptions): Promise<string> {
  const { simulation, program, work } = options;
  const text = await sourceText(options);
  const spec = specOf(text);
  if (isRaw(spec)) {
    if (!changesGenesis(simulation)) return text;
    throw new SimulationFault(
      'spec',
      'the specification is raw, and the simulation changes its genesis',
      'give a plain one; or take genesis, balance and hrmp away',
    );
  }
  const changed = changesGenesis(simulation) ? await withOurs(spec, simulation, program) : spec;
  const plain = join(work, 'chain.plain.json');
  writeFileSync(plain, JSON.stringify(changed), { mode: 0o600 });
  return exported(program, plain, ['--raw']);
}

async function withOurs(spec: JsonRecord, simulation: Simulation, program: string): Promise<JsonRecord> {
  const accounts = new Map<string, string>();
  for (const { name, balance } of simulation.relay.nodes)
    if (balance !== undefined) accounts.set(name, await accountOf(program, name));
  try {
    return withGenesis(spec, simulation, accounts);
  } catch (error) {
    if (!(error instanceof GenesisFault)) throw error;
    throw new SimulationFault('spec', error.message, error.remedy, error);
  }
}

async function sourceText({ simulation: { relay }, program, from }: BuildOptions): Promise<string> {
  if (relay.chain !== undefined) return exported(program, relay.chain, []);
  if (relay.specCommand !== undefined) {
    const [command = '', ...args] = relay.specCommand;
    return output(command.includes('/') ? resolve(from, command) : command, args, from);
  }
  const file = resolve(from, relay.specFile ?? '');
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new SimulationFault('spec', `${file} cannot be read`, 'check relay.specFile', error);
  }
}

async function exported(program: string, chain: string, flags: readonly string[]): Promise<string> {
  const failures: unknown[] = [];
  for (const verb of EXPORTS) {
    try {
      return await output(program, [verb, '--chain', chain, ...flags], null);
    } catch (error) {
      failures.push(error);
    }
  }
  const [first] = failures;
  throw new SimulationFault(
    'spec',
    `the node made no specification of ${chain}: ${first instanceof Error ? first.message : String(first)}`,
    `run it yourself to see why: ${program} ${EXPORTS[0]} --chain ${chain} ${flags.join(' ')}`.trimEnd(),
    first,
  );
}

async function accountOf(program: string, name: string): Promise<string> {
  const text = await output(
    program,
    ['key', 'inspect', `//${seedName(name)}`, '--output-type', 'json'],
    null,
  );
  const shown = parseExact(text);
  const address = isRecord(shown) ? shown.ss58Address : undefined;
  if (typeof address === 'string') return address;
  throw new SimulationFault(
    'program',
    `the node tells no account of //${seedName(name)}`,
    'use a node of polkadot-sdk',
  );
}

/** Seeds here are well-known ones, so they may stand in arguments. */
async function output(program: string, args: readonly string[], cwd: string | null): Promise<string> {
  const options = { timeout: RUN_MS, maxBuffer: LARGEST_SPEC_BYTES, ...(cwd === null ? {} : { cwd }) };
  try {
    return (await run(program, [...args], options)).stdout;
  } catch (error) {
    const why =
      error instanceof Error && 'stderr' in error ? String(error.stderr).trim().split('\n').slice(-1)[0] : '';
    throw new SimulationFault(
      'program',
      `${program} ${args[0] ?? ''} failed${why === '' ? '' : `: ${why}`}`,
      'run it yourself to see why',
      error,
    );
  }
}

function specOf(text: string): JsonRecord {
  let value: Json;
  try {
    value = parseExact(text);
  } catch (error) {
    throw new SimulationFault(
      'spec',
      'the specification is not JSON',
      'look at what was given or printed',
      error,
    );
  }
  if (isRecord(value)) return value;
  throw new SimulationFault('spec', 'the specification is no object', 'look at what was given or printed');
}
