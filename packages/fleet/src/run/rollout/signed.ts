import { finalizedHead, NodeFault, type NodeRpc, publicKeyOfAddress } from '@watchbill/chain';
import { authoredBlock, isAmong } from '../keys/facts.ts';
import type { Since } from './facts.ts';

/** Blocks that are looked at for an author. */
const MOST_BLOCKS = 64;

/**
 * The position of the chain as a node sees it. Throws a NodeFault if it does not report its finalised head.
 */
export async function markOf(node: NodeRpc): Promise<Since> {
  const { number: height } = await finalizedHead(node);
  const round = await roundsOf(node).catch(() => null);
  return { height, voter: round === null ? null : { setId: round.setId, round: round.best.round } };
}

/**
 * Finalised blocks and votes of some keys that another node has seen since then: at least so many, counted in
 * the newest blocks and rounds. Throws a NodeFault if it can read neither.
 */
export async function signedSince(viewer: NodeRpc, keys: readonly string[], since: Since): Promise<number> {
  const head = await finalizedHead(viewer);
  const from = Math.max(since.height + 1, head.number - MOST_BLOCKS + 1);
  for (const set of keys) {
    if (from > head.number) break;
    if ((await authoredBlock(viewer, set, from, head.number)) !== null) return 1;
  }
  return since.voter === null ? 0 : votesSince(viewer, keys, since.voter);
}

interface Round {
  readonly round: number;
  readonly absent: { readonly prevotes: readonly string[]; readonly precommits: readonly string[] };
}

/**
 * A vote of a round that began later: its voter is not among those that are missing, while others are there.
 */
async function votesSince(
  viewer: NodeRpc,
  keys: readonly string[],
  { setId, round }: NonNullable<Since['voter']>,
): Promise<number> {
  const seen = await roundsOf(viewer).catch(() => null);
  if (seen === null) return 0;
  const later = [seen.best, ...seen.background].filter(
    (one) => seen.setId > setId || (seen.setId === setId && one.round > round + 1),
  );
  const votes = later.flatMap(({ absent }) => [absent.prevotes, absent.precommits]);
  return votes.filter((absent) => !absent.some((key) => keys.some((set) => isAmong(set, key)))).length;
}

async function roundsOf(
  node: NodeRpc,
): Promise<{ readonly setId: number; readonly best: Round; readonly background: readonly Round[] }> {
  const state = await node.call<RawState>('grandpa_roundState');
  // Rounds from before the mark would count as later ones.
  if (state.ageMs !== undefined)
    throw new NodeFault('refused', `${node.address} returned an old round state`);
  return { setId: state.setId, best: roundOf(state.best), background: state.background.map(roundOf) };
}

interface RawRound {
  readonly round: number;
  readonly prevotes: { readonly missing: readonly string[] };
  readonly precommits: { readonly missing: readonly string[] };
}
interface RawState {
  /** Only of a value from before the question. */
  readonly ageMs?: number;
  readonly setId: number;
  readonly best: RawRound;
  readonly background: readonly RawRound[];
}

function roundOf({ round, prevotes, precommits }: RawRound): Round {
  const absent = {
    prevotes: prevotes.missing.map(publicKeyOfAddress),
    precommits: precommits.missing.map(publicKeyOfAddress),
  };
  return { round, absent };
}
