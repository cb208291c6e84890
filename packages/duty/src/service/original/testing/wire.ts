import type { TestContext } from 'node:test';
import type { OriginalRequest, PolicyDocument } from '../../contract.ts';
import type { RoundState } from '../../ports.ts';
import { fakeDisk } from '../../testing/fake-ledger.ts';
import { CHAIN, KEY, memoryStore, startAdopted, WIRE } from '../../testing/services.ts';
import { clockOf, worldOf } from '../../testing/world.ts';

/** A service for two nodes of the original wire protocol, whose round state a test sets. */
export async function startWire(context: TestContext, change: Partial<PolicyDocument> = {}) {
  const states = new Map<string, RoundState | Promise<RoundState>>();
  const asked: string[] = [];
  const roundState = async (url: string) => {
    asked.push(url);
    return states.get(url) ?? Promise.reject(new Error(`${url} does not answer`));
  };
  const disk = fakeDisk(worldOf(context).random);
  const setup = { store: memoryStore(context), disk, parts: { nodeRpc: { roundState } } };
  const service = await startAdopted(context, { ...WIRE, ...change }, setup);
  const { permit } = service;
  /** The node is in this round of this set by its own word. */
  const at = (node: string, setId: bigint, bestRound: bigint) =>
    states.set(`http://${node}`, { setId, bestRound });
  /** The answer to a question of a node, as `allowed:reason`. */
  const put = async (node: string, kind: OriginalRequest['kind'], number: number | bigint, by = permit) => {
    const caller = { node, chain: CHAIN, key: KEY };
    const reply = await by.claimOriginal({ kind, number: String(number) }, caller);
    return `${reply.allowed}:${reply.reason}`;
  };
  /** An observer sees this round. */
  const see = async (setId: number, round: number, by = permit) => {
    // No chain passes a set or many rounds at once.
    await clockOf(context).sleep(setId * 5_000 + round * 500);
    const report = { setId: String(setId), round: String(round), session: '3' };
    await by.observe({ chain: CHAIN, ...report }, 'watcher');
  };
  /** The node is in this round, and asks for it. */
  const putAt = (node: string, set: bigint, round: bigint) => {
    at(node, set, round);
    return put(node, 'round', round);
  };
  /** The same, after an observer saw the round. */
  const ask = async (node: string, set: bigint, round: bigint) => {
    await see(Number(set), Number(round));
    return putAt(node, set, round);
  };
  await see(0, 1);
  return { ...service, setup, states, asked, at, put, see, putAt, ask };
}
