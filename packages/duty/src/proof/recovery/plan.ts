import type { Finding } from './situation.ts';

/** A number that a floor was chosen at or above. */
export interface FloorReason {
  /** For people: `the mark in the store`, `export service-2.ledger`, `slot of the clock and skew`. */
  readonly from: string;
  readonly unit: string;
}

export interface PlannedFloor {
  readonly duty: string;
  /** Unit text; null if the key never signed this duty. */
  readonly floor: string | null;
  /** Highest first; the first one decided. */
  readonly reasons: readonly FloorReason[];
  /** For people: until when the floor denies. */
  readonly holds: string;
}

export interface PlannedKey {
  readonly chain: string;
  readonly key: string;
  /** The version of the policy that is adopted again; null if the plan brings the document. */
  readonly versionId: string | null;
  /** Canonical JSON of the document for a key whose policy the store lost; else null. */
  readonly document: string | null;
  readonly floors: readonly PlannedFloor[];
}

/** A word that the store does not explain. */
export interface PlannedWord {
  readonly id: string;
  readonly service: string;
  readonly node: string;
  readonly mark: string;
  readonly unit: string | null;
  readonly top: string | null;
  readonly why: string;
  /** `store`, `own ledger` or the name of an export. */
  readonly source: string;
}

/** A reason against the plan, and the remedy. */
export interface PlanProblem {
  readonly what: string;
  readonly remedy: string;
}

/** Records that will be written, by name. */
export interface PlannedWrite {
  readonly record: string;
  readonly count: number;
}

/** The work of a recovery. All members are JSON, so that the id of a plan is the hash of its text. */
export interface RecoveryPlan {
  readonly ledger: string;
  /** This service; null if its data folder is made by the execution. */
  readonly service: string | null;
  readonly madeMs: number;
  /** SHA-256 of the state that the plan was made from. */
  readonly basis: string;
  /** Epochs that the recovery ends. */
  readonly voided: readonly string[];
  readonly lost: readonly { readonly id: string; readonly name: string }[];
  readonly keys: readonly PlannedKey[];
}

/** Everything that a plan shows to a person; executable only without problems. */
export interface RecoveryReport {
  readonly findings: readonly Finding[];
  readonly words: readonly PlannedWord[];
  readonly writes: readonly PlannedWrite[];
  readonly problems: readonly PlanProblem[];
  /**
   * Whether the clock of this machine was compared with the newest block of a node. `no-node`: no node was
   * named. `no-time`: no node reported the time of its newest block.
   */
  readonly clock: 'compared' | 'no-node' | 'no-time';
  readonly plan: RecoveryPlan;
}
