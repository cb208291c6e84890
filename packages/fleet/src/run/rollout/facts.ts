/** The position of a chain when a node was changed: later signatures of the signer count. */
export interface Since {
  /** Finalised height. */
  readonly height: number;
  /** Set and round of GRANDPA; null if unknown. */
  readonly voter: { readonly setId: number; readonly round: number } | null;
}

/** The facts about a signer; null if unknown. */
export interface SignerFacts {
  /** Sets of session keys, as hex, that the chain knows and the keystore of the node holds. */
  readonly held: readonly string[] | null;
  /** Whether one of those keys is among the authorities. */
  readonly inSet: boolean | null;
  /** Finalised blocks and votes of those keys that were seen since the change: at least so many. */
  readonly signed: number | null;
}

/** The state of one node at one moment, according to the node and its place; null if unknown. */
export interface NodeFacts {
  readonly node: string;
  /** How old the reading is. */
  readonly ageMs: number;
  /** Whether it runs the declared version. */
  readonly isRight: boolean | null;
  /** A message, if waiting will not make it healthy. */
  readonly failure: string | null;
  readonly best: number | null;
  readonly finalised: number | null;
  readonly peers: number | null;
  readonly isSyncing: boolean | null;
  /** Calls over RPC since its process began. */
  readonly rpcCalls: { readonly all: number; readonly failed: number } | null;
  readonly specVersion: number | null;
  readonly nodeVersion: string | null;
  /** Null of a node that does not sign. */
  readonly signer: SignerFacts | null;
}

/** The facts of a node without data. */
export function unknownFacts(node: string, signs: boolean): NodeFacts {
  return {
    node,
    ageMs: 0,
    isRight: null,
    failure: null,
    best: null,
    finalised: null,
    peers: null,
    isSyncing: null,
    rpcCalls: null,
    specVersion: null,
    nodeVersion: null,
    signer: signs ? { held: null, inSet: null, signed: null } : null,
  };
}
