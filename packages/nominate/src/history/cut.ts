import type { History } from '../snapshot/history-shapes.ts';
import { rankOf } from './rank.ts';
import type { RankRules } from './rank-rules.ts';

/** Periods that a snapshot has one by one. */
export const KEPT_PERIODS = 16;

/** The part of a history that a cut changes. */
type Book = Pick<History, 'periods' | 'faults' | 'earlier'>;

/**
 * A history with its last periods, and a digest of those before: `{ "untilEra": 2103, "periodCount": 900,
 * "nominatedPeriods": 700, "rank": 1204, "rules": "polkadot-rank-1" }`. An older digest becomes part of the
 * new one. Rank and tier are the same by these rules. A short history stays as it is.
 */
export function cutHistory<Kind extends Book>(history: Kind, rules: RankRules, most = KEPT_PERIODS): Kind {
  const periods = history.periods.toSorted((a, b) => a.firstEra - b.firstEra);
  const old = periods.slice(0, -most);
  const kept = periods.slice(-most);
  const untilEra = Math.max(-1, ...old.map(({ lastEra }) => lastEra));
  // Periods of other rules may overlap. Then there is no era at which to cut.
  if (old.length === 0 || kept.some(({ firstEra }) => firstEra <= untilEra)) return history;
  const { earlier: before } = history;
  const faults = history.faults.filter(({ era }) => era <= untilEra);
  const nominated = old.filter((period) => period.nominated && period.activeEras.length > 0).length;
  const earlier = {
    untilEra,
    periodCount: old.length + (before?.periodCount ?? 0),
    nominatedPeriods: nominated + (before?.nominatedPeriods ?? 0),
    rank: rankOf({ periods: old, faults, ...(before === undefined ? {} : { earlier: before }) }, rules).rank,
    rules: rules.version,
  };
  return { ...history, periods: kept, earlier };
}
