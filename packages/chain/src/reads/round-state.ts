import { readAddress, writeAddress } from '../address/ss58.ts';
import { NodeFault } from '../rpc/fault.ts';
import type { NodeRpc } from '../rpc/port.ts';

import { safeCount } from './numbers.ts';

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
  const value = record(await node.call('grandpa_roundState'));
  if (value.ageMs !== undefined)
    throw new NodeFault('refused', 'the voter of the node is waiting; its round state is an old one');
  const background = value.background;
  if (!Array.isArray(background)) throw malformed();
  return {
    setId: BigInt(safeCount(value.setId, 'the set id of the round state')),
    best: voterRound(value.best),
    background: background.map(voterRound),
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
  if (read === null) throw malformed();
  return addresses.includes(writeAddress({ prefix: read.prefix, publicKey }));
}

function voterRound(value: unknown): VoterRound {
  const { round, totalWeight, thresholdWeight, prevotes, precommits } = record(value);
  return {
    round: BigInt(safeCount(round, 'the round of the round state')),
    totalWeight: safeCount(totalWeight, 'the total weight of a round'),
    thresholdWeight: safeCount(thresholdWeight, 'the threshold of a round'),
    prevoteWeight: safeCount(record(prevotes).currentWeight, 'the weight of prevotes'),
    precommitWeight: safeCount(record(precommits).currentWeight, 'the weight of precommits'),
    prevoteMissing: addressesOf(record(prevotes).missing),
    precommitMissing: addressesOf(record(precommits).missing),
  };
}

function addressesOf(value: unknown): readonly string[] {
  const isAddress = (one: unknown): one is string => typeof one === 'string';
  if (!Array.isArray(value) || !value.every(isAddress)) throw malformed();
  return value;
}

function record(value: unknown): Readonly<Record<string, unknown>> & RoundFields {
  if (typeof value !== 'object' || value === null) throw malformed();
  return value as Readonly<Record<string, unknown>>;
}

/** Every field that is read, so that a mistyped one is seen. */
interface RoundFields {
  readonly ageMs?: unknown;
  readonly setId?: unknown;
  readonly best?: unknown;
  readonly background?: unknown;
  readonly round?: unknown;
  readonly totalWeight?: unknown;
  readonly thresholdWeight?: unknown;
  readonly prevotes?: unknown;
  readonly precommits?: unknown;
  readonly currentWeight?: unknown;
  readonly missing?: unknown;
}

function malformed(): NodeFault {
  return new NodeFault('malformed', 'the node sent a round state that cannot be read');
}
