import type { DatabaseSync } from 'node:sqlite';
import type { Clock } from '@watchbill/kit';
import type { DecisionPage, DecisionQuery } from '../contract.ts';
import type { Guard } from './faults.ts';
import { decisionReader } from './query.ts';
import { openSearch, STEP_ROWS, searchFiller } from './search.ts';

/**
 * Finds decisions, and lets the search table catch up while someone asks.
 *
 * @param flush writes the decisions that wait for a commit
 */
export function decisionFinder(db: DatabaseSync, clock: Clock, guarded: Guard, flush: () => void) {
  const search = openSearch(db);
  const read = decisionReader(db, search);
  const filler = searchFiller(clock, search, () =>
    guarded('decisions cannot be indexed', () => search.extend(STEP_ROWS)),
  );
  return {
    find(query: DecisionQuery): DecisionPage {
      flush();
      const page = guarded('decisions cannot be read', () => read(query));
      filler.asked(query);
      return page;
    },
    stop: filler.stop,
  };
}
