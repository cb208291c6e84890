import type { Candidate } from '../candidates/candidate.ts';
import type { Standing } from './port.ts';

/** The judgement of a candidate by the rules. */
type Judged = Pick<Standing, 'stashKey' | 'slotId' | 'name' | 'verdict' | 'eligible' | 'results'>;
/** Data about it from other tables. */
type Kept = Pick<Standing, 'rank' | 'active' | 'lastValidMs' | 'lastSettled'>;

/** The row of a candidate for pages and the API. */
export function standingOf(
  { stashKey, slotId, name, verdict, eligible, results }: Judged,
  { stash, kyc }: Candidate,
  score: Standing['score'],
  kept: Kept,
): Standing {
  const judged = { stashKey, slotId, name, verdict, eligible, results };
  return { ...judged, stash, kyc, score, position: score?.position ?? null, ...kept };
}
