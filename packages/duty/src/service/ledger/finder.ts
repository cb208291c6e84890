import type { DecisionPage, DecisionQuery } from '../contract.ts';
import type { LedgerPart } from './part.ts';
import { STEP_ROWS, searchFiller } from './search.ts';

/** Finds decisions, and lets the search table catch up while someone asks. */
export function decisionFinder({ clock, guarded, use, flush, write }: LedgerPart) {
  const extend = () => write(() => use().search.extend(STEP_ROWS));
  const filler = searchFiller(clock, () => use().search.behind(), extend);
  return {
    find(query: DecisionQuery): DecisionPage {
      flush();
      const page = guarded('decisions cannot be read', () => use().find(query));
      filler.asked(query);
      return page;
    },
    stop: filler.stop,
  };
}
