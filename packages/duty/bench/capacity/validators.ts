/** How often a validator signs on its chain. */
export interface ChainPace {
  /** Seconds from one GRANDPA round to the next. */
  readonly roundSeconds: number;
  readonly slotSeconds: number;
  /** Each authors an equal share of the slots. */
  readonly validators: number;
}

/** The slots and validators of a live network, and a round for each block. */
export const LIVE_CHAIN: ChainPace = { roundSeconds: 6, slotSeconds: 6, validators: 300 };

/** Nodes of one identity: the active one and a standby. */
export const NODES = 2;
/** Claims of a GRANDPA round: enter, prevote, precommit. Only the active node makes them. */
const CLAIMS_PER_ROUND = 3;

/** Claims of one identity in a second: votes, and each of its slots by both nodes. */
export function claimsPerSecond({ roundSeconds, slotSeconds, validators }: ChainPace): number {
  return CLAIMS_PER_ROUND / roundSeconds + NODES / slotSeconds / validators;
}

/** Microseconds of processor that one validator uses in a second. */
export interface ValidatorCost {
  readonly serviceUs: number;
  /** All processes of the store; 0 if it runs in the service. */
  readonly storeUs: number;
}

/** Validators that one core of the service serves if it does nothing else. */
export function validatorsPerCore({ serviceUs }: ValidatorCost): number {
  return Math.floor(1e6 / serviceUs);
}
