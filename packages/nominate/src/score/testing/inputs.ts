import { keyOf } from '../../testing/index.ts';
import type { ScoreInputs } from '../inputs.ts';

/** The inputs of candidate `n`, with average values. */
export function inputs(n: number, change: Partial<ScoreInputs> = {}): ScoreInputs {
  return {
    stashKey: keyOf(n),
    firstSeenMs: 1_700_000_000_000,
    isProven: true,
    erasWithPoints: [],
    lastNominatedEra: null,
    rank: 10,
    faultEras: [],
    unclaimedCount: 0,
    bonded: 0n,
    offlineMs: 0,
    place: { city: 'a', region: 'b', country: 'c', provider: 'd' },
    nominations: 0,
    implementation: 'Parity Polkadot',
    ...change,
  };
}
