/** One entry of a candidate list that passed every rule that is an error. */
export interface Candidate {
  /** Names the slot; who holds it may change by a change of the list. */
  readonly slotId: number;
  readonly name: string;
  /** SS58 as it stands in the list. */
  readonly stash: string;
  /** The public key of the stash, `0x…`: what candidates are compared by. */
  readonly stashKey: string;
  readonly kusamaStash: string | null;
  readonly kusamaStashKey: string | null;
  /** Where the operator is reached; at least one. The first of them names the operator in limits. */
  readonly handles: readonly string[];
  readonly kyc: boolean;
  readonly skipSelfStake: boolean;
  /** Peer ids of its nodes, by which telemetry tells them from others of its name; left out where none were declared. */
  readonly networkIds?: readonly string[] | undefined;
  /** Where it says that its node runs; left out where it says nothing. */
  readonly declared?: DeclaredPlace | undefined;
  /** Where it says that its node is reached, to look up the place; left out where it says nothing. Never stored, and shown nowhere. */
  readonly address?: string | undefined;
}

/** What the operator says of the place of a node: nobody has checked it. */
export interface DeclaredPlace {
  readonly city?: string | undefined;
  readonly region?: string | undefined;
  readonly country?: string | undefined;
  readonly provider?: string | undefined;
}

export const PLACE_KEYS = ['city', 'region', 'country', 'provider'] as const;

/** A copy whose lists may be changed, as snapshots and notes hold it: without the address, which nobody is to read there. */
export function plainCandidate({ handles, networkIds, declared, address: _address, ...rest }: Candidate) {
  return {
    ...rest,
    handles: [...handles],
    ...(networkIds === undefined ? {} : { networkIds: [...networkIds] }),
    ...(declared === undefined ? {} : { declared: { ...declared } }),
  };
}

/** What the list of a network must keep to. */
export interface ListRules {
  readonly network: string;
  readonly prefix: number;
  /** Nodes that one operator may have in the list; null for no limit. */
  readonly nodesPerOperator: number | null;
}

/** The programme's rules: at most 2 nodes of an operator on Kusama, 1 on Polkadot. */
export const KUSAMA_LIST: ListRules = { network: 'kusama', prefix: 2, nodesPerOperator: 2 };
export const POLKADOT_LIST: ListRules = { network: 'polkadot', prefix: 0, nodesPerOperator: 1 };
/** The prefix of a Kusama stash that a candidate of another network names. */
export const KUSAMA_PREFIX = 2;
