import type { CommitParts } from '../commits.ts';
import { transactions, unsyncedTransactions } from '../transactions.ts';
import { noteAll } from '../writer.ts';
import type { Backlog } from './backlog.ts';
import { type BegunFile, checkpoint } from './sessions.ts';
import { stateWriter } from './state.ts';

/** The ways of the backlog into the tables. Each throws the engine's errors, with none of it done. */
export function backlogFills(
  { db, tables, notes, announce }: CommitParts,
  { file, log }: BegunFile,
  backlog: Backlog,
) {
  const quickly = unsyncedTransactions(db);
  const durably = transactions(db);
  const state = stateWriter(db);
  let first = 1;

  function fill(transaction: (act: () => void) => void, more: () => void): void {
    const pending = notes.pending();
    const decided = tables.decisions.group();
    transaction(() => {
      tables.entries.write(backlog.entries());
      for (const decision of backlog.decisions()) decided.addNumbered(decision);
      noteAll(decided, pending);
      more();
    });
    backlog.clear();
    notes.taken(pending.length);
    announce({ forks: [], decisions: decided.settle() });
  }
  const applied = (from: number) => state.write({ file, first: from, applied: backlog.lastFrame() });
  return {
    quick: () => fill(quickly, () => applied(first)),
    /** Durably, and the next frame goes to the front of the file. */
    rewind() {
      const next = log.next();
      fill(durably, () => applied(next));
      first = next;
      log.rewind();
    },
    /** Durably, and the tables need the file no more. */
    last() {
      fill(durably, () => {
        applied(first);
        state.need(false);
      });
      checkpoint(db);
    },
  };
}
