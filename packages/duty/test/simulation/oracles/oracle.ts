import type { Plan } from '../plan/plan.ts';
import type { SimEvent } from '../world/history.ts';

/** A promise of the claim protocol that a run broke. */
export interface Violation {
  /** A letter of section 1 of the protocol, or the name of the oracle. */
  readonly promise: string;
  readonly what: string;
  /** The events concerned, oldest first. */
  readonly events: readonly SimEvent[];
}

/** Judges a whole history. It knows nothing of how the services work. */
export type Oracle = (events: readonly SimEvent[], plan: Plan) => Violation | null;
