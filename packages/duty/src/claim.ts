import type { Duty, Part } from './duties.ts';
import type { Owner } from './mark.ts';
import type { Unit } from './units.ts';

/** A question: may this node perform these parts of this unit, with this payload digest. */
export interface Claim {
  /** Ledger id and epoch that the claimant knows; null where it was never told. */
  readonly ledger: string | null;
  readonly epoch: string | null;
  readonly chain: string;
  readonly key: string;
  readonly duty: Duty;
  readonly unit: Unit;
  /** One part, or for the original wire protocol all of a unit. */
  readonly parts: readonly Part[];
  /** Lower-case hex without 0x, of exactly the duty's length; null where none is bound. */
  readonly digest: string | null;
  readonly owner: Owner;
  /** Watch term under which an `enter` is asked; null for all else. */
  readonly term: bigint | null;
  /** Original wire protocol: only a number above every unit of the mark is granted. */
  readonly strictlyIncreasing: boolean;
}
