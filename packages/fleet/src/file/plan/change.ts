import type { Json } from '@watchbill/kit';
import type { ChainNodes, Expected, Resource, Subject } from '../graph/resource.ts';

/**
 * The cost of a change, from low to high: none; a restart of nodes; data on a disk; a signer that starts,
 * stops or changes while its keys are in use.
 */
export const RISKS = ['safe', 'restart', 'data-loss', 'signing'] as const;
export type Risk = (typeof RISKS)[number];

/** One field before and after; undefined for a missing one. */
export interface FieldChange {
  readonly path: readonly (string | number)[];
  readonly before: Json | undefined;
  readonly after: Json | undefined;
  readonly risk: Risk;
  readonly why: string;
}

/**
 * `replace`: a field that cannot be changed in place differs, so the object is removed (its pods and volumes
 * stay) and made anew.
 */
export type Action = 'create' | 'update' | 'replace' | 'delete';

/** The condition after a step, before the steps that need it: its nodes are healthy, or its pods are gone. */
export type Gate = 'none' | 'healthy' | 'gone';

export interface Step {
  /** `ACTION ID`. Unique in a plan. */
  readonly id: string;
  readonly action: Action;
  readonly resourceId: string;
  readonly place: string;
  readonly subject: Subject;
  readonly risk: Risk;
  /** Why it has that risk, in words. */
  readonly why: string;
  /** Empty for create and delete. */
  readonly fields: readonly FieldChange[];
  /** The resource to apply; null for delete. */
  readonly resource: Resource | null;
  /**
   * Fingerprint of the live object that the step was planned on; null for create. Apply refuses another one.
   */
  readonly basedOn: string | null;
  /** Ids of steps whose gate is passed before this one begins. */
  readonly needs: readonly string[];
  readonly gate: Gate;
  /**
   * Ids of live resources that no step of the plan touches and that must be healthy before this one begins.
   */
  readonly healthyFirst: readonly string[];
}

/** Why a plan is refused as a whole. Codes are stable. */
export interface PlanProblem {
  readonly code: PlanRefusal;
  readonly resourceId: string;
  readonly what: string;
  readonly remedy: string;
}

export const PLAN_REFUSALS = {
  'not-ours': 'an object of that name exists and is not of this network',
  conflict: 'another manager set a field that this network declares',
  invalid: 'the target refuses the object',
  forbidden: 'the credentials may not do that',
  unreachable: 'the place cannot be reached, so its objects are not known',
  missing: 'a required object is missing, and apply never makes it',
  'two-signers': 'a set of session keys would have two live signers',
  'cloned-machine': 'another machine with the same machine id may run',
  'no-memory': 'a signer would start, and it is not known in which places this network had signers',
  'not-first-time': 'the network ran before, and a place remembers it',
  unfinished: 'an earlier plan began to change signers, and it is not known whether it is over',
  'signer-replicas': 'a signer would run more than once',
  'key-loss': 'keys would be lost or replaced',
  'volume-kept': 'a volume that is there would keep another size or class than the file has',
  'service-quorum': 'two services of one ledger would be removed at once',
} as const;
export type PlanRefusal = keyof typeof PLAN_REFUSALS;

export interface Plan {
  readonly format: 'watchbill/plan/1';
  /** SHA-256 over all below, as hex: the id that `apply` takes. */
  readonly id: string;
  readonly network: string;
  /** Of the graph that was planned. */
  readonly graphDigest: string;
  /** In an order that respects `needs`. */
  readonly steps: readonly Step[];
  /** Resources that are as declared. */
  readonly unchangedCount: number;
  /** Not empty: the plan is refused as a whole. */
  readonly problems: readonly PlanProblem[];
  /** A person claimed that signers with unknown public keys have different keys. */
  readonly differentKeys?: true;
  /**
   * Secrets that the planning user may not read. `apply` looks whether they are there, and compares their
   * keys, before its first step. Absent if all were read.
   */
  readonly unread?: readonly Expected[];
  /** As in the graph. */
  readonly chains?: readonly ChainNodes[];
}
