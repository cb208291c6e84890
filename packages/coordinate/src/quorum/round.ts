import { type Leases, NO_LEASES } from './lease.ts';
import type { Certificate, Value, Vote } from './messages.ts';
import { NO_PLACES, type Places } from './places.ts';

/** The highest rank in which this member saw a quorum of prepares, with all that proves it. */
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

/** The inputs in which a member differs from this one; no fault. */
export type Divergence = 'seed' | 'reference' | 'version';

/** All that a member has been through in a window. Every part is bounded by the size of the group. */
export interface QuorumRound {
  readonly height: bigint;
  /** From this height on it could hear the others. */
  readonly since: bigint;
  readonly rank: number;
  /** Why it does not sign in this window, though it listens; null if it takes part. */
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
  /** By digest of the value; as many as there are ranks at most. */
  readonly validity: ReadonlyMap<string, Validity>;
  readonly lock: Lock | null;
  readonly certificate: Certificate | null;
  /** Leases of earlier windows that somebody may hold. */
  readonly earlier: Leases;
  /** Those of this window. */
  readonly committed: Leases;
  /** Whether the certificate was sent once more in the last part of the window. */
  readonly certifiedAgain: boolean;
  readonly leading: Leading | null;
  /** Recorded faults: `seat/kind`. */
  readonly blamed: ReadonlySet<string>;
  /** Digests of evidence and echoes that were looked at. */
  readonly evidenceSeen: ReadonlySet<string>;
  /** How many different ones each seat sent. */
  readonly evidenceOf: ReadonlyMap<number, number>;
  /** How many echoes of each seat were looked at; the quota after one that did not hold. */
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
