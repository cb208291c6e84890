/**
 * The raw records of an observer. Times are Unix milliseconds of the observer's clock; keys, hashes and
 * accounts are `0x…`.
 */

/** A sealed header, seen for the first time. */
export interface HeaderSeen {
  readonly atMs: number;
  /**
   * Known to the state when it arrived, or found later in the search for ancestors: then its time has no
   * meaning.
   */
  readonly late: boolean;
  readonly hash: string;
  readonly number: number;
  readonly slot: number;
  /** Public key of the author. */
  readonly authority: string;
}

export type VoteKind = 'prevote' | 'precommit' | 'propose';

/** A GRANDPA vote that arrived at a node, whatever that node made of it. */
export interface VoteSeen {
  readonly atMs: number;
  readonly set: number;
  readonly round: number;
  readonly kind: VoteKind;
  readonly hash: string;
  readonly number: number;
  readonly authority: string;
}

/** A node's finalised number at a moment. */
export interface HeightSeen {
  readonly atMs: number;
  readonly node: string;
  readonly number: number;
}

/** An offence that the chain recorded (`Offences` pallet). */
export interface OffenceSeen {
  readonly atMs: number;
  /** 16 characters, such as `babe:equivocatio` and `grandpa:equivoca`. */
  readonly kind: string;
  /** The opaque time slot: slot of BABE, set and round of GRANDPA, session of im-online. */
  readonly timeSlot: string;
  /** Account of the offender. */
  readonly offender: string;
}

/** `primary` and `secondary` are BABE's; `turn` is Aura's. */
export type DueClaim = 'primary' | 'secondary' | 'turn';

/**
 * Slots that are due for an authority in a stretch of slots; an authority outside the question is not in it.
 */
export interface DueSeen {
  readonly startSlot: number;
  readonly slotCount: number;
  readonly claims: Readonly<Record<string, readonly { readonly slot: number; readonly claim: DueClaim }[]>>;
}

/** The owner of the session key. */
export interface OwnerSeen {
  readonly type: string;
  readonly key: string;
  readonly account: string;
}
