import {
  bestHead,
  finalizedHead,
  grandpaAuthorities,
  type NodeRpc,
  roundState,
  type VoterRound,
} from '@watchbill/chain';
import { type Clock, until } from '@watchbill/kit';
import type { PublicKey } from '../custody/key-name.ts';
import { hasVoted, isComplete, slotMsOf } from '../node/reading.ts';
import { compareRounds, type Round } from '../restart/round.ts';
import { looked, type ValueOf } from './look.ts';

/** Rounds of a small network end within a second. */
const STEP_MS = 150;

/** A node that stopped just before may have voted one round ahead of the node that is asked. */
const AHEAD_ROUNDS = 1n;

type SeenRound = VoterRound & { readonly later: boolean };

/** Listens to the rounds of a node's voter. The own key may be known only later. */
export const listenForVotes = looked(async (node: NodeRpc, clock: Clock, listenMs: number) => {
  const { hash } = await finalizedHead(node);
  const authorities = (await grandpaAuthorities(node, hash)).map(({ key }) => key);
  const rounds = new Map<string, SeenRound>();
  let first: Round | null = null;
  const look = async (): Promise<null> => {
    const { setId, best, background } = await roundState(node);
    first ??= { setId, round: best.round + AHEAD_ROUNDS };
    for (const each of [best, ...background]) {
      const later = compareRounds({ setId, round: each.round }, first) > 0;
      rounds.set(`${setId}/${each.round}`, { ...each, later });
    }
    return null;
  };
  await until(look, { clock, pauseMs: STEP_MS, withinMs: listenMs });
  return { authorities, rounds: [...rounds.values()], listenedMs: listenMs };
});

type Heard = ValueOf<typeof listenForVotes>;

export function voteFacts({ authorities, rounds, listenedMs }: Heard, candidates: readonly PublicKey[]) {
  const isOwn = (authority: string): boolean =>
    candidates.some(({ kind, publicKey }) => kind === 'gran' && publicKey === authority);
  const own = authorities.find(isOwn) ?? null;
  const hasVote = (round: SeenRound): boolean => own !== null && hasVoted(round, own);
  return {
    /** The own `gran` key in the current set; null if no known key is in it. */
    own,
    authorities: authorities.length,
    /** Rounds that reached the threshold of precommits, and how many of all have a vote of the own key. */
    rounds: rounds.filter(isComplete).length,
    voted: rounds.filter(hasVote).length,
    /** The same of the rounds that began while the doctor listened. */
    later: rounds.filter((round) => round.later && isComplete(round)).length,
    votedLater: rounds.filter((round) => round.later && hasVote(round)).length,
    listenedMs,
  };
}

/**
 * Compares the clock of this machine with the slots of the blocks that come: for each new best block, and for
 * the one at the end, how long after the start of its slot it was seen.
 */
export const listenForBlocks = looked(async (node: NodeRpc, clock: Clock, listenMs: number) => {
  const slotMs = Number(await slotMsOf(node));
  const agesMs: number[] = [];
  let [last, lastAgeMs] = ['', 0];
  const look = async (): Promise<null> => {
    const { hash, digest } = await bestHead(node);
    const slot = digest.slot?.slot ?? 0n;
    lastAgeMs = clock.nowMs() - Number(slot) * slotMs;
    if (last !== '' && last !== hash) agesMs.push(lastAgeMs);
    last = hash;
    return null;
  };
  await until(look, { clock, pauseMs: STEP_MS, withinMs: listenMs });
  return { slotMs, agesMs, lastAgeMs };
});
