import type { Fault, History } from '../snapshot/history-shapes.ts';
import { noteFaults } from './faults.ts';
import { mergePeriods, type PeriodFacts, periodsOf } from './rank.ts';
import type { RankRules } from './rank-rules.ts';

/** What was learnt since a history was written. */
export interface News extends PeriodFacts {
  readonly faults: readonly Fault[];
  /** Eras in which the programme nominated it, since the history was written. */
  readonly newNominations: readonly number[];
}

/**
 * A history with what was learnt since. The same news twice change nothing but the count of nominations, which the
 * caller gives once. Backfilling is the same: the eras of the past as news.
 */
export function advanceHistory(history: History, news: News, rules: RankRules): History {
  const last = Math.max(history.lastNominatedEra ?? -1, ...news.newNominations);
  return {
    periods: [...mergePeriods(history.periods, periodsOf(news, rules))],
    faults: [...noteFaults(history.faults, news.faults)],
    lastNominatedEra: last < 0 ? null : last,
    nominationCount: history.nominationCount + news.newNominations.length,
  };
}
