import { type Candidate, plainCandidate } from '../candidates/candidate.ts';
import { unknown } from '../facts/fact.ts';
import type { CandidateRecord } from './record-shapes.ts';

/**
 * A candidate before any reading: every fact is unknown for the given reason, and its history is empty.
 * Readers fill in the facts.
 */
export function blankRecord(candidate: Candidate, reason = 'not read yet'): CandidateRecord {
  return {
    candidate: plainCandidate(candidate),
    lastSettled: null,
    validating: unknown(reason, 'staking'),
    prefs: unknown(reason, 'staking'),
    selfStake: unknown(reason, 'staking'),
    identity: unknown(reason, 'identity'),
    sessionKeys: unknown(reason, 'relay'),
    sighting: unknown(reason, 'telemetry'),
    place: unknown(reason, 'places'),
    unclaimedEras: unknown(reason, 'staking'),
    erasWithPoints: unknown(reason, 'staking'),
    kusama: unknown(reason, 'programme'),
    backing: unknown(reason, 'staking'),
    history: { periods: [], faults: [], lastNominatedEra: null, nominationCount: 0 },
  };
}
