import { COMPONENTS, type Component } from '../score/weights.ts';
import { type CandidateEntry, DECISIONS, type RoundRecord } from './record.ts';

/** Why a candidate was or was not nominated, from the record alone. */
export interface Explanation {
  readonly candidate: CandidateEntry;
  /** The meaning of the decision, and its reason. */
  readonly because: string;
  /** Remedies for the operator; empty if the operator cannot change the decision. */
  readonly remedies: readonly string[];
  /** The components, the largest part first; null if it was not scored. */
  readonly parts:
    | readonly { readonly component: Component; readonly points: number; readonly isUnknown: boolean }[]
    | null;
  /** The points that it lacked to the last nominated candidate; null if not applicable. */
  readonly missing: number | null;
}

/** Explains one candidate of a round, by public key, slot (`#12`) or name; null if there is none. */
export function explain(record: RoundRecord, who: string): Explanation | null {
  const candidate = find(record.candidates, who);
  if (candidate === undefined) return null;
  const { decision, failed, score } = candidate;
  const remedies = failed.flatMap(({ remedy }) => (remedy === null ? [] : [remedy]));
  const parts =
    score === null
      ? null
      : COMPONENTS.map((component) => ({
          component,
          points: score.components[component],
          isUnknown: score.unknown.includes(component),
        })).sort((a, b) => b.points - a.points);
  return {
    candidate,
    because: `${DECISIONS[decision.code]}: ${decision.detail}`,
    remedies,
    parts,
    missing: missingOf(record, candidate),
  };
}

/** The eligible candidates without a nominator, best first. */
export function nextInLine(record: RoundRecord, count: number): readonly CandidateEntry[] {
  return record.candidates
    .filter(({ position, decision }) => position !== null && !['nominated', 'held'].includes(decision.code))
    .sort((a, b) => (a.position ?? 0) - (b.position ?? 0))
    .slice(0, count);
}

function find(candidates: readonly CandidateEntry[], who: string): CandidateEntry | undefined {
  return (
    candidates.find(({ stashKey }) => stashKey === who) ??
    candidates.find(({ slotId }) => `#${slotId}` === who) ??
    candidates.find(({ name }) => name === who)
  );
}

function missingOf({ candidates }: RoundRecord, { decision, score }: CandidateEntry): number | null {
  if (decision.code !== 'below-the-cut' || score === null) return null;
  const taken = candidates
    .filter((one) => one.decision.code === 'nominated')
    .flatMap((one) => one.score?.total ?? []);
  return taken.length === 0 ? null : Math.max(0, Math.min(...taken) - score.total);
}
