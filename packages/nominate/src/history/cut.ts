import type { History } from '../snapshot/history-shapes.ts';
import { rankOf } from './rank.ts';
import type { RankRules } from './rank-rules.ts';

/** Periods that a snapshot has one by one. */
export const KEPT_PERIODS = 16;

/**
 * A history with its last periods, and a digest of those before: `{ "untilEra": 2103, "periodCount": 900,
 * "nominatedPeriods": 700, "rank": 1204, "rules": "polkadot-rank-1" }`. Rank and tier are the same by these
 * rules. A short history stays as it is.
 */
export function cutHistory(history: History, rules: RankRules): History {
  const periods = history.periods.toSorted((a, b) => a.firstEra - b.firstEra);
  const old = periods.slice(0, -KEPT_PERIODS);
  const kept = periods.slice(-KEPT_PERIODS);
  const untilEra = Math.max(-1, ...old.map(({ lastEra }) => lastEra));
  // Periods of other rules may overlap. Then there is no era at which to cut.
  if (old.length === 0 || kept.some(({ firstEra }) => firstEra <= untilEra)) return history;
  const faults = history.faults.filter(({ era }) => era <= untilEra);
  const earlier = {
    untilEra,
    periodCount: old.length,
    nominatedPeriods: old.filter(({ nominated, activeEras }) => nominated && activeEras.length > 0).length,
    rank: rankOf({ periods: old, faults }, rules).rank,
    rules: rules.version,
  };
  return { ...history, periods: kept, earlier };
}
