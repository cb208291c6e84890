/** The accounts that a snapshot covers. */
export interface ChainRequest {
  /** Public keys of the stashes of the candidates. */
  readonly candidates: readonly string[];
  /** Public keys of the stashes of the programme's nominators. */
  readonly nominators: readonly string[];
  /**
   * The most nominators of the whole chain to read. If there are more, backing and the election are unknown.
   */
  readonly mostNominators: number;
}

export const MOST_NOMINATORS = 100_000;
/** Validators of the whole chain, and of one era. */
export const MOST_VALIDATORS = 5_000;
