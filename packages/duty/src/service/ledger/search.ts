import type { DatabaseSync } from 'node:sqlite';
import type { Clock } from '@watchbill/kit';
import type { DecisionQuery } from '../contract.ts';
import { AT_OPEN } from './schema.ts';

/** Decisions that one step copies into the search table: a few milliseconds. */
export const STEP_ROWS = 1_000;
const PAUSE_MS = 50;

/**
 * The search table of decisions. A grant does not write it, because three more indexes would cost each commit
 * more time and more pages than the decision itself. It grows in the background while someone looks for
 * decisions, and a reader looks through the newest ones by itself.
 */
export function openSearch(db: DatabaseSync) {
  const lastDecision = db.prepare(AT_OPEN.lastDecision);
  const lastSearched = db.prepare(AT_OPEN.lastSearched);
  const copy = db.prepare(
    `INSERT INTO decisions_search (id, unit, keyEnd, node)
     SELECT id, unit, substr(key, -8), node FROM decisions WHERE id > ? ORDER BY id LIMIT ?`,
  );
  let upTo = Number(lastSearched.get()?.id ?? 0);
  return {
    /** The highest id in the table: no decision up to it is missing. 0 for an empty table. */
    upTo: (): number => upTo,
    /** Decisions that are not in the table, at most. */
    behind: (): number => Math.max(0, Number(lastDecision.get()?.id ?? 0) - upTo),
    /** Copy the next decisions, oldest first, inside a transaction. Returns what to do when it is kept. */
    extend(rows: number): () => void {
      copy.run(upTo, rows);
      const id = Number(lastSearched.get()?.id ?? 0);
      return () => {
        upTo = Math.max(upTo, id);
      };
    },
  };
}

/**
 * Extends the table step by step, with a pause before each for grants, until at most {@link STEP_ROWS}
 * decisions are missing. After an error of the disk the next query tries again.
 *
 * @param behind decisions that are missing
 * @param extend one step; rejects when the disk refuses
 */
export function searchFiller(clock: Clock, behind: () => number, extend: () => Promise<void>) {
  const stopped = new AbortController();
  let running = false;

  async function run(): Promise<void> {
    running = true;
    try {
      while (behind() > STEP_ROWS) {
        await clock.sleep(PAUSE_MS, stopped.signal);
        if (stopped.signal.aborted) return;
        await extend();
      }
    } catch {
      // No caller waits for the table; a reader looks through the decisions that are missing.
    } finally {
      running = false;
    }
  }
  return {
    /** Someone looks for decisions: let the table catch up, if they filter by a column of it. */
    asked({ unit, key, node }: DecisionQuery): void {
      if (running || stopped.signal.aborted) return;
      if (unit !== undefined || key !== undefined || node !== undefined) void run();
    },
    stop: (): void => stopped.abort(),
  };
}
