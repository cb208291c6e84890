import {
  auraSlotMs,
  babeConfiguration,
  type ChainView,
  finalizedHead,
  grandpaAuthorities,
  isMissing,
  type NodeRpc,
  type RoundState,
  roundState,
  unlessRefused,
  type VoterRound,
} from '@watchbill/chain';
import type { HeardRound, VoterReport } from '../restart/votes.ts';

/** Whose votes are looked for, and how the chain counts slots. */
export interface Watched {
  readonly slotMs: bigint;
  /** The own `gran` keys, `0x…`: several while keys rotate. */
  readonly voters: readonly string[];
}

/**
 * Reads a node's finalised head and its voter. The view was made just before: a voter that is sure of its set
 * stays in it while later readings show the same set id. Null while its rounds cannot be assigned to a set.
 * Rejects with a NodeFault.
 */
export async function readVoter(
  node: NodeRpc,
  who: Pick<VoterReport, 'node' | 'own'>,
  watched: Watched,
  { voter }: ChainView,
): Promise<VoterReport | null> {
  const head = await finalizedHead(node);
  const slot = head.digest.slot?.slot ?? null;
  if (slot === null || voter === null || !voter.sure) return null;
  const state = await roundState(node);
  if (state.setId !== voter.setId) return null;
  // The view, this head and the round state are of one set: the first and the last of the three show it.
  const authorities = await grandpaAuthorities(node, head.hash);
  const voters = watched.voters.filter((voter) => authorities.some(({ key }) => key === voter));
  return {
    ...who,
    best: { setId: state.setId, round: state.best.round },
    finalizedAuthoredAtMs: Number(slot * watched.slotMs),
    authorities: authorities.length,
    rounds: heardRounds(state, voters),
  };
}

/** A key outside the set is in no list of missing votes, and its votes do not count: it has not voted. */
function heardRounds(state: RoundState, voters: readonly string[]): readonly HeardRound[] {
  return [state.best, ...state.background].map((round) => ({
    at: { setId: state.setId, round: round.round },
    voted: voters.some((voter) => hasVoted(round, voter)),
    complete: isComplete(round),
  }));
}

export function hasVoted({ prevoteMissing, precommitMissing }: VoterRound, voter: string): boolean {
  return !isMissing(prevoteMissing, voter) || !isMissing(precommitMissing, voter);
}

export const isComplete = ({ precommitWeight, thresholdWeight }: VoterRound): boolean =>
  precommitWeight >= thresholdWeight;

/** Milliseconds of a slot, by the runtime at the finalised head: of BABE, else of Aura. */
export async function slotMsOf(node: NodeRpc): Promise<bigint> {
  const { hash } = await finalizedHead(node);
  const babe = await unlessRefused(babeConfiguration(node, hash));
  return babe?.slotMs ?? (await auraSlotMs(node, hash));
}
