import type { LedgerPoint } from '../../rule/index.ts';
import type { Head } from '../contract.ts';

/** The position of an entry in its mark. */
export type Position = Pick<LedgerPoint, 'epoch' | 'seq' | 'hash'>;

/**
 * The highest of two positions of one mark, as this service may know it.
 *
 * Within an epoch the higher seq wins. Epochs are random, so they have no order, and seq cannot
 * order them either: a recovery may go on from a store that had lost entries. The epoch that this service met
 * last counts: an entry of an epoch that this mark never had voids the older memory (claim protocol section
 * 6), and a late entry of an epoch that was left behind is evidence only. Of two entries with one seq the
 * first stays, so that a violation never replaces what was known before it.
 *
 * @param epochKnown true if the ledger already holds an entry of the candidate's epoch for this mark
 */
export function higherPosition<Place extends Position>(
  current: Place | null,
  candidate: Place,
  epochKnown: boolean,
): Place {
  if (current === null) return candidate;
  if (current.epoch === candidate.epoch) return candidate.seq > current.seq ? candidate : current;
  return epochKnown ? current : candidate;
}

/** The form in which heads travel. */
export function headOf(position: Position): Head {
  return { epoch: position.epoch, seq: position.seq.toString(), hash: position.hash };
}
