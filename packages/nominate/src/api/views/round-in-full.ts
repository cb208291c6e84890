import type { z } from 'zod';
import { type CandidateEntry, DECISIONS, type DecisionCode, type RoundRecord } from '../../rounds/record.ts';
import type { StoredRound } from '../../rounds/stored.ts';
import type { nextView, roundView } from '../shapes/round.ts';

export type RoundInFull = z.output<typeof roundView>;
type NextRow = z.output<typeof nextView>['rows'][number];

/** A round that this release can read. */
export interface ReadableRound {
  readonly id: string;
  readonly stored: StoredRound;
  readonly record: RoundRecord;
}

/** A round for display. */
export function roundOf({ id, stored: { aftermath }, record }: ReadableRound): RoundInFull {
  const entries = new Map(record.candidates.map((entry) => [entry.stashKey, entry]));
  const elected = aftermath.outcomes.at(-1)?.elected;
  const { network, era, forced, snapshot, programme, seed, rules, eligibleCount, nominatedCount } = record;
  return {
    id,
    network,
    era,
    forced,
    snapshot,
    programme,
    seed: { hex: seed.hex, era: seed.from.era, block: { ...seed.from.block } },
    rules: { ...rules },
    candidateCount: record.candidates.length,
    eligibleCount,
    nominatedCount,
    decisions: decisionsOf(record),
    nominators: record.nominators.map(({ name, stashKey, state, detail, count, targets }) => ({
      name,
      stashKey,
      state,
      detail,
      most: count?.most ?? null,
      why: count?.detail ?? null,
      targets: targets.map((key) => targetOf(key, entries.get(key), elected)),
    })),
    transactions: [...aftermath.transactions],
    outcomes: aftermath.outcomes.map((one) => ({ ...one, elected: [...one.elected] })),
  };
}

function targetOf(
  stashKey: string,
  entry: CandidateEntry | undefined,
  elected: readonly string[] | undefined,
) {
  return {
    stashKey,
    name: entry?.name ?? stashKey,
    slotId: entry?.slotId ?? 0,
    position: entry?.position ?? null,
    total: entry?.score?.total ?? null,
    elected: elected?.includes(stashKey) ?? null,
  };
}

/** How many candidates have each decision, the most frequent first. */
function decisionsOf({ candidates }: RoundRecord): RoundInFull['decisions'] {
  const counts = new Map<DecisionCode, number>();
  for (const { decision } of candidates) counts.set(decision.code, (counts.get(decision.code) ?? 0) + 1);
  return [...counts]
    .map(([code, count]) => ({ code, meaning: DECISIONS[code], count }))
    .sort((a, b) => b.count - a.count || (a.code < b.code ? -1 : 1));
}

export function nextOf({
  stashKey,
  name,
  slotId,
  position,
  score,
  rank,
  verdict,
  decision,
}: CandidateEntry): NextRow {
  return {
    stashKey,
    name,
    slotId,
    position,
    total: score?.total ?? null,
    rank,
    verdict,
    code: decision.code,
    because: decision.detail,
  };
}
