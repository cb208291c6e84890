import type { Duty, Part } from './duties.ts';
import type { Owner } from './mark.ts';
import { type Unit, unitProblem } from './units.ts';

/** A request: may this node perform these parts of this unit, with this payload digest? */
export interface Claim {
  /** Ledger id and epoch that the claimant knows; null if it has not received them. */
  readonly ledger: string | null;
  readonly epoch: string | null;
  readonly chain: string;
  readonly key: string;
  readonly duty: Duty;
  readonly unit: Unit;
  /** One part, or for the original wire protocol all of a unit. */
  readonly parts: readonly Part[];
  /** Lower-case hex without 0x, of exactly the duty's length; null if the duty binds none. */
  readonly digest: string | null;
  readonly owner: Owner;
  /** Watch term of an `enter`; null for all other parts. */
  readonly term: bigint | null;
  /** Original wire protocol: only a number above every unit of the mark is granted. */
  readonly strictlyIncreasing: boolean;
}

/** The part of a claim that does not fit its duty, and the reason. */
export interface ClaimProblem {
  readonly field: 'unit' | 'parts' | 'digest' | 'term';
  readonly why: string;
}

/**
 * The problem with the shape of a claim, or null. `decide` refuses every claim that has a problem; a caller
 * may check earlier, for a better message. An `enter` alone needs its watch term. An `enter` with signed
 * parts in the same step may leave it out, because no other node can enter that unit after it.
 */
export function claimProblem(claim: Claim): ClaimProblem | null {
  const unit = unitProblem(claim.duty.fields, claim.unit);
  if (unit !== null) return { field: 'unit', why: unit };
  return partsProblem(claim) ?? digestProblem(claim) ?? termProblem(claim);
}

function partsProblem({ duty, parts }: Claim): ClaimProblem | null {
  if (parts.length === 0) return { field: 'parts', why: 'a claim names at least one part' };
  if (new Set(parts).size !== parts.length) return { field: 'parts', why: 'a part is named twice' };
  const foreign = parts.find((part) => !duty.parts.includes(part));
  return foreign === undefined ? null : { field: 'parts', why: `${duty.name} has no part ${foreign}` };
}

function digestProblem({ duty, parts, digest }: Claim): ClaimProblem | null {
  if (digest === null) return null;
  if (!parts.some((part) => part !== 'enter')) {
    return { field: 'digest', why: 'enter signs nothing, so it has no digest' };
  }
  if (duty.digestBytes === 0) return { field: 'digest', why: `${duty.name} binds no digest` };
  const fits = digest.length === duty.digestBytes * 2 && /^[0-9a-f]+$/.test(digest);
  return fits ? null : { field: 'digest', why: `expected ${duty.digestBytes} bytes in lower-case hex` };
}

function termProblem({ parts, term }: Claim): ClaimProblem | null {
  if (term === null) {
    const only = parts.length === 1 && parts[0] === 'enter';
    return only ? { field: 'term', why: 'enter needs a watch term' } : null;
  }
  if (!parts.includes('enter')) return { field: 'term', why: 'only enter takes a watch term' };
  return term < 0n ? { field: 'term', why: 'a watch term is not negative' } : null;
}
