/** An entry of a candidate list that passed every rule of level `error`. */
export interface Candidate {
  /** Identifies the slot. A change of the list may give the slot to another stash. */
  readonly slotId: number;
  readonly name: string;
  /** The SS58 address from the list. */
  readonly stash: string;
  /** The public key of the stash, `0x…`. Candidates are compared by it. */
  readonly stashKey: string;
  readonly kusamaStash: string | null;
  readonly kusamaStashKey: string | null;
  /** Contact handles of the operator; at least one. The first identifies the operator in limits. */
  readonly handles: readonly string[];
  readonly kyc: boolean;
  readonly skipSelfStake: boolean;
  /**
   * Peer ids of its nodes, by which telemetry distinguishes them from other nodes with the same name; absent
   * if none were declared.
   */
  readonly networkIds?: readonly string[] | undefined;
  /** The declared place of its node; absent if none was declared. */
  readonly declared?: DeclaredPlace | undefined;
  /**
   * The declared address of its node, for looking up the place; absent if none was declared. Never stored or
   * shown.
   */
  readonly address?: string | undefined;
}

/** The place of a node as declared by its operator, unchecked. */
export interface DeclaredPlace {
  readonly city?: string | undefined;
  readonly region?: string | undefined;
  readonly country?: string | undefined;
  readonly provider?: string | undefined;
}

export const PLACE_KEYS = ['city', 'region', 'country', 'provider'] as const;

/** A copy with mutable lists, for snapshots and notes, without the address, which must stay private. */
export function plainCandidate({ handles, networkIds, declared, address: _address, ...rest }: Candidate) {
  return {
    ...rest,
    handles: [...handles],
    ...(networkIds === undefined ? {} : { networkIds: [...networkIds] }),
    ...(declared === undefined ? {} : { declared: { ...declared } }),
  };
}

/** Rules for the candidate list of a network. */
export interface ListRules {
  readonly network: string;
  readonly prefix: number;
  /** The most nodes of one operator in the list; null for no limit. */
  readonly nodesPerOperator: number | null;
}

/** The programme's rules: at most 2 nodes of an operator on Kusama, 1 on Polkadot. */
export const KUSAMA_LIST: ListRules = { network: 'kusama', prefix: 2, nodesPerOperator: 2 };
export const POLKADOT_LIST: ListRules = { network: 'polkadot', prefix: 0, nodesPerOperator: 1 };
/** The prefix of a Kusama stash that a candidate of another network names. */
export const KUSAMA_PREFIX = 2;
