import type { DeepReadonly } from '@watchbill/kit';
import { z } from 'zod';

const unit = z.string().regex(/^(0|[1-9][0-9]{0,19})(\/(0|[1-9][0-9]{0,19})){0,3}$/);

/** A number that a floor was chosen at or above; `from` is for people: `the mark in the store`. */
const floorReason = z.strictObject({ from: z.string(), unit });
export type FloorReason = Readonly<z.infer<typeof floorReason>>;

const plannedFloor = z.strictObject({
  duty: z.string(),
  // Unit text; null if the key never signed this duty.
  floor: unit.nullable(),
  // Highest first; the first one decided.
  reasons: z.array(floorReason),
  // For people: until when the floor denies.
  holds: z.string(),
});
export type PlannedFloor = DeepReadonly<z.infer<typeof plannedFloor>>;

const plannedKey = z.strictObject({
  chain: z.string(),
  key: z.string(),
  // The version of the policy that is adopted again; null if the plan brings the document.
  versionId: z.string().nullable(),
  // Canonical JSON of the document for a key whose policy the store lost; else null.
  document: z.string().nullable(),
  floors: z.array(plannedFloor),
});
export type PlannedKey = DeepReadonly<z.infer<typeof plannedKey>>;

/** The work of a recovery. All members are JSON, so that the id of a plan is the hash of its text. */
export const recoveryPlan = z.strictObject({
  ledger: z.string(),
  // This service; null if its data folder is made by the execution.
  service: z.string().nullable(),
  madeMs: z.int(),
  // SHA-256 of the state that the plan was made from.
  basis: z.string(),
  // Epochs that the recovery ends.
  voided: z.array(z.string()),
  lost: z.array(z.strictObject({ id: z.string(), name: z.string() })),
  keys: z.array(plannedKey),
});
export type RecoveryPlan = DeepReadonly<z.infer<typeof recoveryPlan>>;

/** A reason against the plan, and the remedy. */
export interface PlanProblem {
  readonly what: string;
  readonly remedy: string;
}
