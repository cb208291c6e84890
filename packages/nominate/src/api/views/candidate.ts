import type { z } from 'zod';
import type { Standing, StandingsOf } from '../../storage/port.ts';
import {
  BRIEF_FIELDS,
  CANDIDATE_FIELDS,
  type CandidateField,
  type candidateRow,
} from '../shapes/candidate.ts';

export type CandidateRow = z.output<typeof candidateRow>;

/** A standing for display. */
export function candidateOf(standing: Standing): CandidateRow {
  const { stashKey, stash, slotId, name, verdict, eligible, position, rank, active, kyc, lastValidMs } =
    standing;
  const idsOf = (outcome: string) =>
    standing.results.filter((result) => result.outcome === outcome).map(({ id }) => id);
  return {
    stashKey,
    stash,
    slotId,
    name,
    verdict,
    eligible,
    position,
    total: standing.score?.total ?? null,
    rank,
    active,
    kyc,
    lastValidMs,
    failed: idsOf('fail'),
    unknown: idsOf('unknown'),
    results: standing.results.map(({ evidence, ...result }) => ({
      ...result,
      evidence: evidence.map((one) => ({ ...one, block: one.block?.toString() ?? null })),
    })),
    score: scoreOf(standing.score),
  };
}

/** The requested fields, in the order of the documentation. */
export function chosen(
  row: CandidateRow,
  fields: readonly CandidateField[] = BRIEF_FIELDS,
): Partial<CandidateRow> {
  return Object.fromEntries(
    CANDIDATE_FIELDS.filter((name) => fields.includes(name)).map((name) => [name, row[name]]),
  );
}

function scoreOf(score: Standing['score']): CandidateRow['score'] {
  if (score === null) return null;
  const { components, aggregate, draw, total, unknown } = score;
  return { components: { ...components }, aggregate, draw, total, unknown: [...unknown] };
}

/** Identifies a state of all standings; part of every ETag that depends on them. */
export function versionOf(of: StandingsOf | null): string {
  return of === null ? 'none' : `${of.snapshot} ${of.takenAtMs} ${of.programme}`;
}
