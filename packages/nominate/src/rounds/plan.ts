import { judgeAll, type Verdict } from '../checks/verdict.ts';
import { rankOf } from '../history/rank.ts';
import { tierOf } from '../history/tiers.ts';
import { drawOf } from '../score/draw.ts';
import { byTotal, type Score } from '../score/score.ts';
import { spreadOf } from '../score/spread.ts';
import { snapshotDigest } from '../snapshot/codec.ts';
import type { CandidateRecord } from '../snapshot/record-shapes.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import { belongingOf } from './caps.ts';
import { type CohortStanding, cohortSlices, standingOf } from './cohort.ts';
import { decide } from './decide.ts';
import { dueOf } from './due.ts';
import { type Programme, programmeDigest } from './programme.ts';
import type { CandidateEntry, NominatorEntry, Refusal, RoundRecord } from './record.ts';
import { scoreAll } from './score-all.ts';
import { seedOf } from './seed.ts';
import { type DueNominator, type Slices, sliceOrder } from './slices.ts';
import { begin, type LoadedModule, refuse, type Start } from './start.ts';

export interface PlanOptions {
  /** Modules that the programme names. */
  readonly modules?: readonly LoadedModule[];
  /** Nominators nominate even if they did so recently. */
  readonly forced?: boolean;
  /** If a head is older than this, there is no round; null, the default, for no bound. */
  readonly oldestHeadMs?: number | null;
}

export type RoundPlan =
  | { readonly ok: true; readonly record: RoundRecord }
  | { readonly ok: false; readonly refusal: Refusal };

/**
 * Decides a round: a pure function of snapshot and programme. All judging, scoring and ordering uses this one
 * snapshot, including the history in it.
 */
export function planRound(snapshot: Snapshot, programme: Programme, options: PlanOptions = {}): RoundPlan {
  const forced = options.forced ?? false;
  const start = begin(snapshot, programme, options.modules ?? [], options.oldestHeadMs ?? null);
  if (!start.ok) return start;
  const nominators = programme.nominators.map((rule): DueNominator => {
    const record = snapshot.nominators.find(({ stashKey }) => stashKey === rule.stashKey);
    return { ...rule, due: dueOf(snapshot, record, programme, forced) };
  });
  if (!nominators.some(({ due }) => due.state === 'due')) {
    const details = nominators.map(({ name, due }) => `${name}: ${due.state === 'due' ? '' : due.detail}`);
    return refuse('nobody-due', details.join('; '), 'wait, or check why they are not due');
  }
  return { ok: true, record: settle({ ...start, snapshot, programme, nominators, forced }) };
}

interface Round extends Start {
  readonly snapshot: Snapshot;
  readonly programme: Programme;
  readonly nominators: readonly DueNominator[];
  readonly forced: boolean;
}

/** The state of one candidate until its decision. */
interface Standing {
  readonly record: CandidateRecord;
  readonly verdict: Verdict;
  readonly rank: number;
  readonly tier: string | null;
  readonly score: Score | null;
  readonly position: number | null;
}

function settle(round: Round): RoundRecord {
  const { snapshot, programme, prepared, era, from, forced } = round;
  const seed = seedOf(from);
  const standings = standingsOf(round, seed);
  const cohort = programme.mode.kind === 'cohort' ? cohortOf(round, standings) : null;
  const { nominators, passedOver } = slicesOf(round, standings, cohort);
  const taken = new Set(nominators.flatMap(({ targets }) => targets));
  const lastTaken = Math.max(0, ...standings.map((one) => (taken.has(keyOf(one)) ? (one.position ?? 0) : 0)));
  const candidates = standings.map((one): CandidateEntry => {
    const { verdict, position, tier } = one;
    const stashKey = keyOf(one);
    const decision = decide(
      { stashKey, verdict, position, tier, cohort, passedOver: passedOver.get(stashKey), lastTaken },
      nominators,
    );
    return entryOf(one, decision);
  });
  return {
    version: 1,
    network: programme.network,
    era,
    snapshot: snapshotDigest(snapshot),
    programme: programmeDigest(programme),
    forced,
    seed: { hex: seed, from },
    rules: {
      checks: prepared.version,
      profile: programme.profile,
      weights: programme.weights.version,
      rank: programme.rank.version,
      count: programme.round.count,
      mode: programme.mode.kind,
    },
    statistics: spreadOf(standings.flatMap(({ score }) => score ?? [])),
    eligibleCount: standings.filter(({ verdict }) => verdict.eligible).length,
    nominatedCount: taken.size,
    candidates,
    nominators,
  };
}

function keyOf({ record }: Standing): string {
  return record.candidate.stashKey;
}

function standingsOf({ snapshot, programme, prepared, era }: Round, seed: string): readonly Standing[] {
  const verdicts = judgeAll(prepared, snapshot);
  const eligible = snapshot.candidates.filter((_record, at) => verdicts[at]?.eligible === true);
  const scores = scoreAll(snapshot, programme, eligible, era, drawOf(seed));
  const order = [...scores].sort(byTotal);
  const byKey = new Map(order.map((score, at) => [score.stashKey, { score, position: at + 1 }]));
  return snapshot.candidates.flatMap((record, at) => {
    const verdict = verdicts[at];
    if (verdict === undefined) return [];
    const { rank } = rankOf(record.history, programme.rank);
    const tier = tierOf(programme.tiers, record.history, rank, era);
    const found = byKey.get(record.candidate.stashKey);
    return [{ record, verdict, rank, tier, score: found?.score ?? null, position: found?.position ?? null }];
  });
}

function cohortOf({ snapshot, programme }: Round, standings: readonly Standing[]): CohortStanding | null {
  const verdicts = new Map(standings.map((one) => [keyOf(one), one.verdict]));
  return programme.mode.kind === 'cohort' ? standingOf(snapshot, programme.mode, verdicts) : null;
}

function slicesOf(
  { snapshot, programme, nominators }: Round,
  standings: readonly Standing[],
  cohort: CohortStanding | null,
): Slices {
  const eligible = standings
    .filter(({ position }) => position !== null)
    .sort((a, b) => (a.position ?? 0) - (b.position ?? 0));
  if (cohort === null || programme.mode.kind !== 'cohort') {
    const order = eligible.map((one) => ({
      stashKey: keyOf(one),
      tier: one.tier,
      belonging: belongingOf(one.record),
    }));
    const belongings = new Map(standings.map((one) => [keyOf(one), belongingOf(one.record)]));
    return sliceOrder(snapshot, programme, order, nominators, belongings);
  }
  const standing = new Set(
    eligible.map(keyOf).filter((key) => cohort.members.has(key) && !cohort.breached.has(key)),
  );
  const entries: readonly NominatorEntry[] = cohortSlices(
    snapshot,
    programme,
    programme.mode,
    (key) => standing.has(key),
    nominators,
  );
  return { nominators: entries, passedOver: new Map() };
}

function entryOf(
  { record, verdict, rank, tier, score, position }: Standing,
  decision: CandidateEntry['decision'],
): CandidateEntry {
  const { stashKey, name, slotId } = record.candidate;
  const of = (outcome: string) => verdict.results.filter((result) => result.outcome === outcome);
  return {
    stashKey,
    name,
    slotId,
    verdict: verdict.verdict,
    eligible: verdict.eligible,
    failed: of('fail').map(({ id, message, remedy }) => ({ id, message, remedy })),
    unknown: of('unknown').map(({ id, message }) => ({ id, message })),
    rank,
    tier,
    score: score === null ? null : withoutKey(score),
    position,
    decision,
  };
}

function withoutKey({ components, aggregate, draw, total, unknown }: Score): CandidateEntry['score'] {
  return { components, aggregate, draw, total, unknown };
}
