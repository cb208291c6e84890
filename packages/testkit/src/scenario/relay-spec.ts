import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import { base58 } from '@scure/base';
import type { ChainName } from '../chopsticks/chains.ts';
import { specFile } from '../chopsticks/find.ts';
import { type DevName, devKey, devPublicKey } from '../nodes/dev-keys.ts';

/** The chain whose runtime is used: Westend of 2026, with sessions of 20 slots. */
const SOURCE = 'relay-2026';
/** `:code`. */
export const CODE_KEY = '0x3a636f6465';
/** The relay-chain node looks for the name of the network at the beginning of the id. */
const ID = 'westend-four';
const SS58_PREFIX = 42;
/** Enough for fees and for the stash of a validator. */
const BALANCE = 10 ** 18;
const EXPORT_TIMEOUT_MS = 180_000;
const MOST_BYTES = 64 * 1024 * 1024;

/** The parts of a raw chain specification that are read here. */
interface ChainSpec {
  readonly genesis: { readonly raw: { readonly top: Readonly<Record<string, string>> } };
}

/**
 * Writes the raw specification of a relay chain with these validators, in a file of this folder. The runtime
 * makes its genesis itself, through its `GenesisBuilder` API, in this node program.
 */
export function relaySpecFile(binary: string, validators: readonly DevName[], folder: string): string {
  return rawSpecFile(binary, { source: SOURCE, id: ID, patch: genesisPatch(validators), folder });
}

/** A chain whose genesis is made anew. */
export interface NewGenesis {
  /** The chain whose runtime is used. */
  readonly source: ChainName;
  readonly id: string;
  /** The differences from the defaults of the runtime's genesis. */
  readonly patch: object;
  /** Gets the file. */
  readonly folder: string;
}

/** Writes the raw specification of a chain; its runtime makes the genesis itself, in this node program. */
export function rawSpecFile(binary: string, genesis: NewGenesis): string {
  const { id, folder } = genesis;
  const plain = join(folder, `${id}.plain.json`);
  const raw = join(folder, `${id}.json`);
  writeFileSync(plain, JSON.stringify(plainSpec(sourceSpec(genesis.source), genesis)));
  exported(binary, 'export-chain-spec', '--chain', plain, '--raw', '--output', raw);
  return raw;
}

/** The output of a node program that exports a part of a chain. */
export function exported(binary: string, ...args: readonly string[]): string {
  const limits = { timeout: EXPORT_TIMEOUT_MS, maxBuffer: MOST_BYTES };
  const run = spawnSync(binary, args, { ...limits, encoding: 'utf8' });
  if (run.status === 0) return run.stdout;
  const why = run.error?.message ?? run.signal ?? run.status;
  throw new Error(`${binary} ${args.join(' ')} failed (${why}):\n${run.stderr}`);
}

function sourceSpec(source: ChainName): ChainSpec {
  const file = specFile(source);
  const stored = readFileSync(file);
  const text = file.endsWith('.zst') ? zstdDecompressSync(stored) : stored;
  return JSON.parse(text.toString('utf8'));
}

function plainSpec({ genesis, ...rest }: ChainSpec, { source, id, patch }: NewGenesis): object {
  const code = genesis.raw.top[CODE_KEY];
  if (code === undefined) throw new Error(`${source} has no code in its genesis`);
  const runtimeGenesis = { code, patch };
  return { ...rest, name: id, id, chainType: 'Local', genesis: { runtimeGenesis } };
}

/** The differences from the defaults of the runtime's genesis. */
export function genesisPatch(validators: readonly DevName[]) {
  const accounts = validators.flatMap((name) => [devKey(name).sr25519, devKey(name).stash]);
  return {
    balances: { balances: accounts.map((key) => [address(key), BALANCE]) },
    session: { keys: validators.map(sessionKeys) },
    babe: { epochConfig: { c: [1, 4], allowed_slots: 'PrimaryAndSecondaryVRFSlots' } },
    sudo: { key: address(devKey('Alice').sr25519) },
  };
}

function sessionKeys(name: DevName): readonly [string, string, Readonly<Record<string, string>>] {
  const stash = address(devKey(name).stash);
  const key = (type: Parameters<typeof devPublicKey>[1]): string => address(devPublicKey(name, type));
  return [
    stash,
    stash,
    {
      grandpa: key('gran'),
      babe: key('babe'),
      para_validator: key('para'),
      para_assignment: key('asgn'),
      authority_discovery: key('audi'),
      beefy: key('beef'),
    },
  ];
}

/** The SS58 text of a public key in hex digits: 32 bytes, or the 33 of an ecdsa key. */
export function address(publicKey: string): string {
  const body = Buffer.concat([Buffer.of(SS58_PREFIX), Buffer.from(publicKey, 'hex')]);
  const sum = createHash('blake2b512').update('SS58PRE').update(body).digest().subarray(0, 2);
  return base58.encode(Buffer.concat([body, sum]));
}
