import { z } from 'zod';
import type { NodeFacts } from './run-state.ts';

/** One question to a node over RPC. Rejects if it does not answer. */
export type AskRpc = (method: string, params: readonly unknown[], signal: AbortSignal) => Promise<unknown>;

const hash = z.string().regex(/^0x[0-9a-f]{64}$/);
const header = z.object({ number: z.string().regex(/^0x[0-9a-f]{1,13}$/) });
const health = z.object({ peers: z.int().min(0), isSyncing: z.boolean() });

/** The node's answers about itself; throws if one of them is unreadable. */
export async function factsOver(ask: AskRpc, signal: AbortSignal): Promise<NodeFacts> {
  const [genesis, nodeVersion, healthNow, bestHash, finalisedHash] = await Promise.all([
    ask('chain_getBlockHash', [0], signal),
    ask('system_version', [], signal),
    ask('system_health', [], signal),
    ask('chain_getBlockHash', [], signal),
    ask('chain_getFinalizedHead', [], signal),
  ]);
  const block = async (value: unknown) => {
    const read = hash.parse(value);
    const { number } = header.parse(await ask('chain_getHeader', [read], signal));
    return { number: Number(number), hash: read };
  };
  const { peers, isSyncing } = health.parse(healthNow);
  const [best, finalised] = await Promise.all([block(bestHash), block(finalisedHash)]);
  return {
    genesis: hash.parse(genesis),
    nodeVersion: z.string().parse(nodeVersion),
    best,
    finalised,
    isSyncing,
    peers,
  };
}

/** The hash of a block of the node's best chain; null if it has none of that number. */
export async function hashOver(ask: AskRpc, number: number, signal: AbortSignal): Promise<string | null> {
  return hash.nullable().parse(await ask('chain_getBlockHash', [number], signal));
}
