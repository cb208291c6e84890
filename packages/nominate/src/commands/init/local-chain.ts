import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { fault } from '@watchbill/kit';
import { readDocument } from '@watchbill/kit/command/document';
import type { Io } from '@watchbill/kit/command/io';
import { z } from 'zod';
import type { NominatorRules, Programme } from '../../index.ts';

/** File that names the chains. The program that runs them writes it, and removes it when they end. */
const RECORD = 'chain.json';
const MISSING = 'start chains with `npm run nominate:local` in the repository, and name their folder';

const hash = z.string().regex(/^0x[0-9a-f]{64}$/);
const endpoint = z.string().regex(/^ws:\/\//);
const byRole = <Value extends z.ZodType>(value: Value) =>
  z.strictObject({ staking: value, relay: value, identity: value });

const recordShape = z.strictObject({
  version: z.literal(1),
  network: z.strictObject({
    name: z.string(),
    prefix: z.int(),
    decimals: z.int(),
    symbol: z.string(),
  }),
  chains: byRole(endpoint).extend({ genesis: byRole(hash) }),
  /** Paths here start from the folder of the record. */
  candidates: z.string(),
  nominators: z
    .array(
      z.strictObject({
        name: z.string(),
        stashKey: hash,
        way: z.string(),
        keyFile: z.string(),
        passphraseFile: z.string(),
      }),
    )
    .min(1),
});

/** Chains that run on this machine, with all accounts that a programme needs. */
export interface LocalChain {
  readonly folder: string;
  readonly record: Readonly<z.output<typeof recordShape>>;
}

/**
 * The chain of a folder; without one those of `npm run nominate:local` where they are usually, or null where
 * none run there. Throws a fault with status 5 if a folder was named and no chain runs there.
 */
export async function localChain(io: Io, named: string | undefined): Promise<LocalChain | null> {
  const folder = named === undefined ? usualFolder(io) : resolve(io.cwd, named);
  if (folder === null) return null;
  const file = join(folder, RECORD);
  if (named === undefined && !existsSync(file)) return null;
  const { value } = readDocument(io, file, recordShape, {
    missing: MISSING,
    page: 'nominate-local',
  });
  const isUp = await runs(value);
  if (isUp) return { folder, record: value };
  if (named === undefined) return null;
  const what = `the chains that ${file} names do not run`;
  throw fault('not-running', 'unreachable', { what, where: 'flag --chain', remedy: MISSING });
}

/** As `scripts/build-cache.mjs` has it. Tests of this command have neither, and find no chain. */
function usualFolder({ env }: Io): string | null {
  if (env.XDG_CACHE_HOME === undefined && env.HOME === undefined) return null;
  return join(env.XDG_CACHE_HOME || join(env.HOME ?? homedir(), '.cache'), 'watchbill', 'nominate-local');
}

const ANSWER_MS = 5_000;

/** Whether the chain of stakes answers, and is the one of the record. */
async function runs({ chains }: LocalChain['record']): Promise<boolean> {
  const { connectNode, genesisHash } = await import('@watchbill/chain');
  const node = connectNode(chains.staking, { timeoutMs: ANSWER_MS });
  try {
    return (await genesisHash(node)) === chains.genesis.staking;
  } catch {
    return false;
  } finally {
    node.close();
  }
}

export function nominatorsOfChain({ record }: LocalChain): NominatorRules {
  return record.nominators.map(({ name, stashKey }) => ({ name, stashKey }));
}

/** Whole units that a candidate has to bond itself, and parts in a billion that it may keep. */
const LEAST_UNITS = 8_000n;
const MOST_PERBILL = 100_000_000;
/** So few that a round leaves some out. */
const MOST_TARGETS = 2;

/** Rules that these chains alone can answer: no telemetry server hears their nodes. */
export async function programmeOfChain(chain: LocalChain): Promise<Programme> {
  const { POLKADOT_RANK_RULES, programmeOf, WEIGHTS_FAIR } = await import('../../index.ts');
  const { name, decimals } = chain.record.network;
  const hold = (id: string, parameters: object = {}) => ({ id, whenUnknown: 'hold', parameters });
  const read = programmeOf({
    version: 1,
    name: `example: ${name}`,
    network: name,
    checks: {
      version: 'example',
      about: 'the facts that the three chains have about a candidate',
      checks: [
        hold('validate-intention'),
        hold('identity'),
        hold('maximum-commission', { perbill: MOST_PERBILL }),
        hold('self-stake', { minimum: String(LEAST_UNITS * 10n ** BigInt(decimals)) }),
        hold('blocked'),
        { id: 'beefy', whenUnknown: 'allow', parameters: {} },
      ],
    },
    profile: 'fair',
    weights: WEIGHTS_FAIR,
    rank: POLKADOT_RANK_RULES,
    nominators: nominatorsOfChain(chain),
    round: { everyEras: 1, count: 'stake', mostTargets: MOST_TARGETS },
  });
  if (!read.ok) throw new Error(read.problems.map(({ path, message }) => `${path}: ${message}`).join('; '));
  return read.programme;
}

/** Often enough that one sees it work, and as short as the sessions of these chains. */
const JOB_SECONDS = 5;
const SECONDS: Readonly<Record<string, number>> = { transactions: 1, snapshot: 10 };
const INCLUSION_BLOCKS = 3;
/** They share the machine with everything else. */
const CALL_SECONDS = 60;

/** The configuration for these chains: it sends, and signs with well-known development keys. */
export function configOfChain({ folder, record }: LocalChain, jobs: readonly string[]) {
  const { network, chains, candidates, nominators } = record;
  const { staking, relay, identity, genesis } = chains;
  const paces = jobs.map((job) => [job, SECONDS[job] ?? JOB_SECONDS]);
  return {
    candidates: { source: join(folder, candidates) },
    network: { prefix: network.prefix, decimals: network.decimals, symbol: network.symbol },
    chains: {
      ...{ staking: [staking], relay: [relay], identity: [identity], genesis, callSeconds: CALL_SECONDS },
      // Their time begins with that of their genesis and goes with their blocks.
      oldestHeadSeconds: null,
    },
    send: true,
    transactions: { pauseBlocks: 1, inclusionBlocks: INCLUSION_BLOCKS },
    signers: Object.fromEntries(
      nominators.map(({ name, keyFile, passphraseFile }) => [
        name,
        { keyFile: join(folder, keyFile), passphraseFile: join(folder, passphraseFile) },
      ]),
    ),
    jobs: { everySeconds: Object.fromEntries(paces) },
  };
}
