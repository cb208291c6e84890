import {
  type Claim,
  explains,
  findRecent,
  formatUnit,
  type LedgerPoint,
  type Mark,
  type Unit,
} from '../../rule/index.ts';
import type { LedgerEpochs } from '../ground/memory.ts';
import type { GrantLine, Ledger } from '../ledger/port.ts';
import type { SaidWord } from '../rollback-reports/report.ts';
import type { Asked } from './state.ts';

/** The memory of this service about a mark and a unit, taken before the mark was read. */
export interface Remembered {
  readonly point: LedgerPoint | null;
  /** Grants of the claimed unit in the ledger of this service. */
  readonly grants: readonly GrantLine[];
}

/** The reason why the store is behind the memory of this service or of a claimant. */
export interface Contradiction {
  readonly whose: 'own' | 'claimant' | 'forged';
  /** `gap`: the unit can never be granted again, but its line cannot be shown; no key is held for it. */
  readonly kind: 'none' | 'gap';
  readonly why: string;
}

export function recollect(ledger: Ledger, mark: string, unit: Unit): Remembered {
  return { point: ledger.point(mark), grants: ledger.grantsOf(mark, unit) };
}

/** Null if the mark accounts for the point. */
export function contradictedBy(
  mark: Mark | null,
  epochs: LedgerEpochs,
  point: LedgerPoint | null,
): Omit<Contradiction, 'whose'> | null {
  if (point === null) return null;
  const found = explains(mark, epochs.epoch, point, epochs.voided);
  if (found === 'lineage' || found === 'floor') return null;
  const what =
    point.unit === null ? 'an adoption' : `${point.part ?? 'adoption'} of ${formatUnit(point.unit)}`;
  const now = mark === null ? 'the store has no such mark' : `the store is at entry ${mark.seq}`;
  return { kind: found, why: `entry ${point.seq} (${what}) is remembered; ${now}` };
}

/**
 * Protocol section 4, rule 2b: why the ledger of this service forbids a grant that the store would allow, or
 * null. A new part must not be in it; a repeated part must have the digest that is in it.
 */
export function ownGrant(
  claim: Claim,
  reason: 'new' | 'repeat',
  mark: Mark,
  { grants }: Remembered,
): string | null {
  const known = findRecent(mark, claim.unit);
  for (const part of claim.parts) {
    const lines = grants.filter((line) => line.part === part);
    // A unit may be entered again, also by another node, as long as the store knows that it was entered.
    const contradicts = part === 'enter' ? known === undefined : reason === 'new';
    const other = lines.find(({ digest }) => contradicts || (part !== 'enter' && digest !== claim.digest));
    if (other === undefined) continue;
    return `${part} of ${formatUnit(claim.unit)} was granted by entry of attempt ${other.nonce}; the store does not hold it`;
  }
  return null;
}

/** The word of a claim as a rollback report. */
export function saidWord(
  { claim, said }: Pick<Asked, 'claim' | 'said'>,
  found: Contradiction,
  why: string,
): SaidWord {
  const { chain, key, duty, owner } = claim;
  const place = { node: owner.node, incarnation: owner.incarnation, chain, key, duty: duty.name };
  if (said.kind !== 'word') throw new Error(`a claim without a word cannot be reported: ${found.why}`);
  return { ...place, point: said.point, why };
}
