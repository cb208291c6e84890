import type { Candidate } from '../candidates/candidate.ts';
import type { Standing } from './port.ts';

/** What was found of a candidate by its rules. */
type Judged = Pick<Standing, 'stashKey' | 'slotId' | 'name' | 'verdict' | 'eligible' | 'results'>;
/** What is known of it from elsewhere. */
type Kept = Pick<Standing, 'rank' | 'active' | 'lastValidMs' | 'lastSettled'>;

/** The row that pages and programs are shown of a candidate. */
export function standingOf(
  { stashKey, slotId, name, verdict, eligible, results }: Judged,
  { stash, kyc }: Candidate,
  score: Standing['score'],
  kept: Kept,
): Standing {
  const judged = { stashKey, slotId, name, verdict, eligible, results };
  return { ...judged, stash, kyc, score, position: score?.position ?? null, ...kept };
}
