import { readAddress, writeAddress } from '../address/ss58.ts';
import { NodeFault } from '../rpc/fault.ts';
import type { NodeRpc } from '../rpc/port.ts';
import { anything, count, fields, listOf, type Shape, shaped, text } from './shape.ts';

const WHAT = 'a round state';

const votes = fields({ currentWeight: count, missing: listOf(text) });
const voterRound = fields({
  ...{ round: count, totalWeight: count, thresholdWeight: count },
  ...{ prevotes: votes, precommits: votes },
});
const shape = fields({ ageMs: anything, setId: count, best: voterRound, background: listOf(voterRound) });
type Sent<Of> = Of extends Shape<infer Value> ? Value : never;

/** One GRANDPA round of the node's voter. Weights are sums over authorities. */
export interface VoterRound {
  readonly round: bigint;
  readonly totalWeight: number;
  readonly thresholdWeight: number;
  readonly prevoteWeight: number;
  readonly precommitWeight: number;
  /** Addresses of the authorities whose prevote the node has not seen; see {@link isMissing}. */
  readonly prevoteMissing: readonly string[];
  readonly precommitMissing: readonly string[];
}

/**
 * One reading of the node's GRANDPA voter. The set id changes when the change is final, and the voter
 * restarts after that: for a moment a reading may show the new id with rounds of the old voter.
 */
export interface RoundState {
  readonly setId: bigint;
  readonly best: VoterRound;
  /** Unfinished rounds other than the best one. */
  readonly background: readonly VoterRound[];
}

/**
 * Reads `grandpa_roundState`. Throws `malformed`, and `refused` if the node runs no voter (yet), or if its
 * voter waits for a permission: such a node may repeat its last value with its age, and callers compare
 * readings.
 */
export async function roundState(node: NodeRpc): Promise<RoundState> {
  const { ageMs, setId, best, background } = shaped(shape, await node.call('grandpa_roundState'), WHAT);
  if (ageMs === undefined)
    return { setId: BigInt(setId), best: roundOf(best), background: background.map(roundOf) };
  throw new NodeFault('refused', 'the voter of the node is waiting; its round state is an old one');
}

function roundOf({
  round,
  totalWeight,
  thresholdWeight,
  prevotes,
  precommits,
}: Sent<typeof voterRound>): VoterRound {
  return {
    round: BigInt(round),
    ...{ totalWeight, thresholdWeight },
    ...{ prevoteWeight: prevotes.currentWeight, precommitWeight: precommits.currentWeight },
    ...{ prevoteMissing: prevotes.missing, precommitMissing: precommits.missing },
  };
}

/**
 * Whether a public key (`0x…`) is in a list of addresses of one network. All have the prefix of the first
 * one, so one address is decoded, and not several hundred each second.
 */
export function isMissing(addresses: readonly string[], publicKey: string): boolean {
  const [first] = addresses;
  if (first === undefined) return false;
  const read = readAddress(first);
  if (read === null) throw new NodeFault('malformed', `the node sent ${WHAT} that cannot be read`);
  return addresses.includes(writeAddress({ prefix: read.prefix, publicKey }));
}
