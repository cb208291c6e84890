import type { Draw } from '../score/draw.ts';
import { inputsOf } from '../score/inputs.ts';
import { score1kv } from '../score/profile-1kv.ts';
import { scoreFair } from '../score/profile-fair.ts';
import type { Score } from '../score/score.ts';
import type { CandidateRecord } from '../snapshot/record-shapes.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import type { Programme } from './programme.ts';

/** The parts of a programme that scores depend on. */
export type ScoreRules = Pick<Programme, 'profile' | 'weights' | 'rank' | 'bannedProviders' | 'nominators'>;

/** The scores of some candidates of a snapshot, which are also the population for comparison. */
export function scoreAll(
  snapshot: Snapshot,
  rules: ScoreRules,
  records: readonly CandidateRecord[],
  activeEra: number,
  draw: Draw,
): readonly Score[] {
  const own = new Set(rules.nominators.map(({ stashKey }) => stashKey));
  const inputs = records.map((record) => inputsOf(snapshot, record, rules.rank, own));
  const { weights, bannedProviders } = rules;
  if (rules.profile === '1kv') return score1kv(inputs, { weights, activeEra, bannedProviders, draw });
  const { read } = snapshot.eras;
  return scoreFair(inputs, { weights, activeEra, readEras: read.known ? read.value : [], draw });
}
