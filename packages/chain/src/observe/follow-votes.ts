import { headerAt } from '../header/header.ts';
import { grandpaSetId } from '../reads/authorities.ts';
import { isNodeFault } from '../rpc/fault.ts';
import type { NodeRpc } from '../rpc/port.ts';
import { type Justification, readJustification, type VoteTarget } from './justification.ts';
import { isSignedVote, type PlacedVote } from './vote-signature.ts';

/** A vote whose signature was checked, and the block that its justification finalised. */
export interface JustifiedVote extends PlacedVote {
  readonly finalised: VoteTarget;
}

/** The votes of some keys in the justifications that a node sees. */
export interface VoteFollower {
  /**
   * Votes of these keys that were not taken yet, oldest first, at most {@link MAX_VOTES}. They come again
   * until `taken` is called. `keysNow` is called if a justification waits. Throws a {@link NodeFault}, and
   * passes on the errors of `keysNow`.
   */
  next(keysNow: () => Promise<ReadonlySet<string>>): Promise<readonly JustifiedVote[]>;
  /** These votes are reported. */
  taken(votes: readonly JustifiedVote[]): void;
  /** Why votes are not followed, or the last one that was not read; null if there is no such reason. */
  problem(): string | null;
}

/** Votes of one report. A report with the longest numbers fits the body that a service takes, 16 kB. */
export const MAX_VOTES = 24;
/** Justifications that wait to be read, each up to 130 bytes for an authority; the oldest are dropped. */
const MAX_JUSTIFICATIONS = 64;

/**
 * Follows `grandpa_subscribeJustifications`. It needs a web socket, and a node that runs a voter.
 *
 * @param onGap called if a vote may have been missed
 */
export function followVotes(node: NodeRpc, onGap: () => void): VoteFollower {
  const items: unknown[] = [];
  let found: JustifiedVote[] = [];
  let subscribed = false;
  let problem: string | null = null;

  const add = (item: unknown): void => {
    items.push(item);
    if (items.length <= MAX_JUSTIFICATIONS) return;
    items.shift();
    onGap();
  };

  async function subscribe(): Promise<void> {
    const unsubscribe = 'grandpa_unsubscribeJustifications';
    try {
      await node.subscribe('grandpa_subscribeJustifications', [], unsubscribe, add, { onGap });
    } catch (error) {
      if (!isNodeFault(error, 'unsupported', 'refused')) throw error;
      problem = `the node sends no justifications: ${error.message}`;
    }
    subscribed = true;
  }

  const miss = (text: string): void => {
    problem = text;
    onGap();
  };
  const readVotes = voteReader(node, miss);

  return {
    async next(keysNow) {
      if (!subscribed) await subscribe();
      const keys: ReadonlySet<string> = items.length === 0 ? new Set() : await keysNow();
      while (found.length < MAX_VOTES && items.length > 0) {
        const [item] = items;
        try {
          found.push(...(await readVotes(item, keys)));
        } catch (error) {
          // If the node has no state of that block, or the item is of another kind, another try would fail
          // too.
          if (!isNodeFault(error, 'refused', 'malformed')) throw error;
          miss(error.message);
        }
        if (items[0] === item) items.shift();
      }
      return found.slice(0, MAX_VOTES);
    },
    taken(votes) {
      found = found.filter((vote) => !votes.includes(vote));
    },
    problem: () => problem,
  };
}

/** Reads the votes of these keys, each under the set for which its signature is valid. */
function voteReader(node: NodeRpc, onProblem: (text: string) => void) {
  let lastSet: bigint | null = null;
  return async (item: unknown, keys: ReadonlySet<string>): Promise<readonly JustifiedVote[]> => {
    const justification = readJustification(item);
    const precommits = justification.precommits.filter(({ key }) => keys.has(key));
    if (precommits.length === 0) return [];
    const own = { ...justification, precommits };
    // The justification does not name its set. A signature that is valid for a set proves it.
    let best: readonly JustifiedVote[] = lastSet === null ? [] : signedIn(own, lastSet);
    if (best.length === precommits.length) return best;
    for (const set of await setsOf(node, justification.target)) {
      const signed = signedIn(own, set);
      if (signed.length <= best.length) continue;
      lastSet = set;
      best = signed;
    }
    if (best.length < precommits.length) onProblem('a vote in a justification has an invalid signature');
    return best;
  };
}

function signedIn({ round, target, precommits }: Justification, set: bigint): readonly JustifiedVote[] {
  return precommits
    .map((each) => ({ ...each, part: 'precommit' as const, set, round, finalised: target }))
    .filter(isSignedVote);
}

/** The set that finalises a block by the state of its parent, and the one after a change in that block. */
async function setsOf(node: NodeRpc, { hash }: VoteTarget): Promise<readonly bigint[]> {
  const { parentHash } = await headerAt(node, hash);
  return [await grandpaSetId(node, parentHash), await grandpaSetId(node, hash)];
}
