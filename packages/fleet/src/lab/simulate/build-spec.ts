import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { isRecord, type Json, type JsonRecord, messageOf } from '@watchbill/kit';
import { authoritiesOf } from './authorities.ts';
import { parseExact } from './exact-json.ts';
import { changesGenesis, GenesisFault, isRaw, withGenesis } from './genesis.ts';
import { type SimulationRefusal, seedName } from './refusals.ts';
import type { Simulation } from './schema.ts';
import { SimulationFault } from './simulate-fault.ts';
import { type KeyOf, SCHEMES, validatorRefusals } from './validators.ts';

const run = promisify(execFile);
/** The node compiles a runtime for it, which takes long on a busy machine. */
const RUN_MS = 300_000;
const LARGEST_SPEC_BYTES = 256 << 20;
/** The newer name first. */
const EXPORTS = ['export-chain-spec', 'build-spec'];

export interface BuildOptions {
  readonly simulation: Simulation;
  /** Path of the node. */
  readonly program: string;
  /** Folder of the simulation file: paths in it begin there. */
  readonly from: string;
  /** An existing folder for temporary files. */
  readonly work: string;
}

/**
 * The raw specification that the nodes run: what the file names, its genesis changed, made raw by the node
 * itself. Throws a {@link SimulationFault}.
 */
export async function buildSpec(options: BuildOptions): Promise<string> {
  const { simulation, program, work } = options;
  const text = await sourceText(options);
  const spec = specOf(text);
  if (isRaw(spec)) {
    if (!changesGenesis(simulation)) return text;
    throw new SimulationFault(
      'spec',
      'the specification is raw, but the simulation changes its genesis',
      'give a plain one, or remove genesis, balance and hrmp from the file',
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
    `the node made no specification of ${chain}: ${messageOf(first)}`,
    `run it yourself to see why: ${program} ${EXPORTS[0]} --chain ${chain} ${flags.join(' ')}`.trimEnd(),
    first,
  );
}

function accountOf(program: string, name: string): Promise<string> {
  return inspected(program, name, 'sr25519', 'ss58Address');
}

/** The node's output for a well-known seed. */
async function inspected(
  program: string,
  name: string,
  scheme: string,
  field: 'ss58Address' | 'publicKey',
): Promise<string> {
  const seed = `//${seedName(name)}`;
  const args = ['key', 'inspect', seed, '--scheme', scheme, '--output-type', 'json'];
  const shown = parseExact(await output(program, args, null));
  const value = isRecord(shown) ? shown[field] : undefined;
  if (typeof value === 'string') return value;
  throw new SimulationFault(
    'program',
    `the node prints no ${field} of ${seed}`,
    'use a node of polkadot-sdk',
  );
}

/** The result of comparing a file with its genesis. */
export interface ValidatorCheck {
  readonly refusals: readonly SimulationRefusal[];
  /** False if the genesis has no known list of authorities: then the comparison was skipped. */
  readonly compared: boolean;
}

/**
 * Compares the validators of the file with the authorities of a raw specification. Throws a {@link
 * SimulationFault}.
 */
export async function checkValidators(
  simulation: Simulation,
  program: string,
  rawSpec: string,
): Promise<ValidatorCheck> {
  const lists = authoritiesOf(specOf(rawSpec));
  const keys = new Map<string, string>();
  for (const { name } of simulation.relay.nodes)
    for (const scheme of new Set(lists.map(({ type }) => SCHEMES[type])))
      keys.set(`${name} ${scheme}`, await inspected(program, name, scheme, 'publicKey'));
  const keyOf: KeyOf = (name, type) => keys.get(`${name} ${SCHEMES[type]}`) ?? '';
  return { refusals: validatorRefusals(simulation, lists, keyOf), compared: lists.length > 0 };
}

/** Seeds here are well-known, so they may appear in arguments. */
async function output(program: string, args: readonly string[], cwd: string | null): Promise<string> {
  const options = { timeout: RUN_MS, maxBuffer: LARGEST_SPEC_BYTES, ...(cwd === null ? {} : { cwd }) };
  try {
    return (await run(program, [...args], options)).stdout;
  } catch (error) {
    const why = whyItFailed(error);
    throw new SimulationFault(
      'program',
      `${program} ${args[0] ?? ''} failed${why === '' ? '' : `: ${why}`}`,
      'run it yourself to see why',
      error,
    );
  }
}

function whyItFailed(error: unknown): string {
  if (!(error instanceof Error)) return '';
  if ('killed' in error && error.killed === true) return `it did not end in ${RUN_MS / 1_000} s`;
  return 'stderr' in error ? (String(error.stderr).trim().split('\n').at(-1) ?? '') : '';
}

function specOf(text: string): JsonRecord {
  let value: Json;
  try {
    value = parseExact(text);
  } catch (error) {
    throw new SimulationFault(
      'spec',
      'the specification is not JSON',
      'check the specification that you gave, or that the node printed',
      error,
    );
  }
  if (isRecord(value)) return value;
  throw new SimulationFault(
    'spec',
    'the specification is not an object',
    'check the specification that you gave, or that the node printed',
  );
}
