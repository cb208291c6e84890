import { type Leases, NO_LEASES } from './lease.ts';
import type { Certificate, Value, Vote } from './messages.ts';
import { NO_PLACES, type Places } from './places.ts';

/** The highest rank in which this member saw a quorum of prepares, with the proof. */
export interface Lock {
  readonly rank: number;
  readonly digest: Uint8Array;
  readonly value: Value;
  /** A quorum of different seats, in order of seat. */
  readonly prepares: readonly Vote[];
}

/** This member's knowledge about a value. Only `valid` lets it sign for the value. */
export type Validity =
  | { readonly state: 'asked' | 'unknown' | 'valid' }
  | { readonly state: 'refused'; readonly code: string; readonly facts: Uint8Array };

/** A leader that prepares its own proposal. */
export interface Leading {
  readonly rank: number;
  /** Counts through all ranks of the window, from 1. */
  readonly attempt: number;
  readonly isWaiting: boolean;
  readonly errors: readonly string[];
}

/** An input in which a member differs from this one. Not a fault. */
export type Divergence = 'seed' | 'reference' | 'version';

/** The whole state of a member in a window. The size of the group bounds every part. */
export interface QuorumRound {
  readonly height: bigint;
  /** The height from which on it could hear the others. */
  readonly since: bigint;
  readonly rank: number;
  /** Why it only listens in this window and does not sign; null if it takes part. */
  readonly abstains: string | null;
  /** All signed messages, its own included. */
  readonly places: Places;
  /**
   * The first statements that others showed: in an echo, or as a vote in a certificate, justification or
   * lock. They count as evidence and never as votes.
   */
  readonly witnessed: Places;
  /** Places (`kind/rank/seat`) whose statements this member passed on. */
  readonly echoed: ReadonlySet<string>;
  /** By digest of the value; at most one for each rank. */
  readonly validity: ReadonlyMap<string, Validity>;
  readonly lock: Lock | null;
  readonly certificate: Certificate | null;
  /** Leases of earlier windows that may still run. */
  readonly earlier: Leases;
  /** Those of this window. */
  readonly committed: Leases;
  /** Whether the certificate was sent once more in the last part of the window. */
  readonly certifiedAgain: boolean;
  readonly leading: Leading | null;
  /** Recorded faults: `seat/kind`. */
  readonly blamed: ReadonlySet<string>;
  /** Digests of evidence and echoes that were checked. */
  readonly evidenceSeen: ReadonlySet<string>;
  /** How many different ones each seat sent. */
  readonly evidenceOf: ReadonlyMap<number, number>;
  /** How many echoes of each seat were checked; after an invalid one, the quota. */
  readonly echoesOf: ReadonlyMap<number, number>;
  readonly divergent: ReadonlyMap<number, Divergence>;
  /** Notes that were reported. */
  readonly told: ReadonlySet<string>;
}

export function freshRound(height: bigint): QuorumRound {
  return {
    height,
    since: height,
    rank: 0,
    abstains: null,
    places: NO_PLACES,
    witnessed: NO_PLACES,
    echoed: new Set(),
    validity: new Map(),
    lock: null,
    certificate: null,
    earlier: NO_LEASES,
    committed: NO_LEASES,
    certifiedAgain: false,
    leading: null,
    blamed: new Set(),
    evidenceSeen: new Set(),
    evidenceOf: new Map(),
    echoesOf: new Map(),
    divergent: new Map(),
    told: new Set(),
  };
}
