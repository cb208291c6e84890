import { explanationLines } from '../../operations/round.ts';
import { type Explanation, explain } from '../../rounds/explain.ts';
import type { ShelvedRound } from '../reading/round-shelf.ts';

/**
 * The decision of a round about a candidate, by key; null if the candidate is not in the round, or if the
 * record cannot be read.
 */
export function explanationOf({ id, record }: Pick<ShelvedRound, 'id' | 'record'>, who: string) {
  if (record === null) return null;
  const found = explain(record, who);
  return found === null ? null : explanationView(id, record.era, found);
}

function explanationView(round: string, era: number, explanation: Explanation) {
  const { candidate, because, remedies, parts, missing } = explanation;
  return {
    round,
    era,
    code: candidate.decision.code,
    because,
    nominator: candidate.decision.nominator,
    remedies: [...remedies],
    position: candidate.position,
    total: candidate.score?.total ?? null,
    missing,
    parts: parts === null ? null : parts.map((part) => ({ ...part })),
    lines: [...explanationLines(explanation)],
  };
}
