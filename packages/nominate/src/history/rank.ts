import { counted } from '@watchbill/kit';
import type { Fault, History, Period } from '../snapshot/history-shapes.ts';
import type { RankRules } from './rank-rules.ts';

/** A change of a rank. */
export interface RankStep {
  readonly era: number;
  readonly why: string;
  readonly before: number;
  readonly after: number;
}

/** A rank with all its changes. */
export interface Rank {
  readonly rank: number;
  readonly steps: readonly RankStep[];
}

type Event =
  | { readonly era: number; readonly kind: 'period'; readonly period: Period }
  | { readonly era: number; readonly kind: 'fault'; readonly fault: Fault };

/**
 * The rank of a history: a fold over its events in the order of eras; a fault comes before the period that
 * ends in the same era. It begins with the rank of `earlier`, which may have other rules. Deductions are
 * whole numbers, rounded up, and a rank never falls below 0.
 */
export function rankOf(
  { periods, faults, earlier }: Pick<History, 'periods' | 'faults' | 'earlier'>,
  rules: RankRules,
): Rank {
  const events: Event[] = [
    ...faultsAfter(faults, earlier).map((fault): Event => ({ era: fault.era, kind: 'fault', fault })),
    ...periods.map((period): Event => ({ era: period.lastEra, kind: 'period', period })),
  ];
  events.sort((a, b) => a.era - b.era || Number(a.kind === 'period') - Number(b.kind === 'period'));
  const steps: RankStep[] = earlier === undefined ? [] : [carriedOver(earlier)];
  let rank = earlier?.rank ?? 0;
  for (const event of events) {
    const { change, why } =
      event.kind === 'fault' ? dock(rank, event.fault, rules) : gain(event.period, faults, rules);
    if (change === 0) continue;
    const after = Math.max(0, rank + change);
    steps.push({ era: event.era, why, before: rank, after });
    rank = after;
  }
  return { rank, steps };
}

/** The rank of earlier periods has the faults of their eras in it. */
function faultsAfter(faults: readonly Fault[], earlier: History['earlier']): readonly Fault[] {
  return faults.filter(({ era }) => earlier === undefined || era > earlier.untilEra);
}

function carriedOver({ untilEra, periodCount, rank, rules }: NonNullable<History['earlier']>): RankStep {
  const why = `${counted(periodCount, 'period')} until era ${untilEra}, by ${rules}`;
  return { era: untilEra, why, before: 0, after: rank };
}

function dock(rank: number, { kind, reason }: Fault, { docks }: RankRules): { change: number; why: string } {
  return { change: 0 - Math.ceil(rank * (docks[kind] ?? 0)), why: `${kind}: ${reason}` };
}

function gain(period: Period, faults: readonly Fault[], rules: RankRules): { change: number; why: string } {
  const { firstEra, lastEra, activeEras, nominated } = period;
  const eras = firstEra === lastEra ? `era ${firstEra}` : `eras ${firstEra} to ${lastEra}`;
  if (activeEras.length === 0) return { change: 0, why: `${eras}: not active` };
  const broken = faults.some(({ era }) => era >= firstEra && era <= lastEra);
  const clean = nominated && !broken;
  const change = rules.activePoints + (clean ? rules.cleanNominationPoints : 0);
  return {
    change,
    why: `${eras}: active in ${activeEras.length}${clean ? ', nominated and without breach' : ''}`,
  };
}

/** The inputs of periods. */
export interface PeriodFacts {
  /** The eras whose points were read. A period with any other era is left out. */
  readonly readEras: readonly number[];
  readonly erasWithPoints: readonly number[];
  /** The eras for which the programme nominated it. */
  readonly nominatedEras: readonly number[];
}

/**
 * The complete periods in these eras: period `n` has the eras from `n * periodEras`. A period with an unread
 * era is left out and added once the era is read, so a gap in reading has no effect on the result.
 */
export function periodsOf(
  { readEras, erasWithPoints, nominatedEras }: PeriodFacts,
  { periodEras }: RankRules,
): readonly Period[] {
  const read = new Set(readEras);
  const active = new Set(erasWithPoints);
  const nominated = new Set(nominatedEras);
  const indices = [...new Set(readEras.map((era) => Math.floor(era / periodEras)))].sort((a, b) => a - b);
  return indices.flatMap((index) => {
    const eras = Array.from({ length: periodEras }, (_, i) => index * periodEras + i);
    if (!eras.every((era) => read.has(era))) return [];
    const firstEra = index * periodEras;
    return [
      {
        firstEra,
        lastEra: firstEra + periodEras - 1,
        activeEras: eras.filter((era) => active.has(era)),
        nominated: eras.some((era) => nominated.has(era)),
      },
    ];
  });
}

/**
 * Stored and newly computed periods as one list. Stored ones are kept, so old eras need not be read again.
 */
export function mergePeriods(stored: readonly Period[], computed: readonly Period[]): readonly Period[] {
  const byEra = new Map(computed.map((period) => [period.firstEra, period]));
  for (const period of stored) byEra.set(period.firstEra, period);
  return [...byEra.values()].sort((a, b) => a.firstEra - b.firstEra);
}
