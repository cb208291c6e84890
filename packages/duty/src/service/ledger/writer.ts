import type { DatabaseSync } from 'node:sqlite';
import type { DecisionRecord } from '../contract.ts';
import { type DecisionGroup, type NewDecision, openDecisions } from './decisions.ts';
import { type EntryRow, entryRow, openEntries } from './entries.ts';
import { entryReader } from './lookups.ts';
import { grantMemory } from './memory.ts';
import type { Fork, LedgerItem } from './port.ts';
import { transactions } from './transactions.ts';
import { openWordTable, type WordChange } from './words.ts';

/** The rows of one call. */
export interface Work {
  readonly rows: readonly EntryRow[];
  readonly decisions: readonly NewDecision[];
  readonly words: readonly WordChange[];
}

/** Throws `LedgerFault` on an entry whose hash is not its own. */
export function workOf(items: readonly LedgerItem[]): Work {
  const decisions = items.map(({ decision }) => decision).filter((decision) => decision !== null);
  return { rows: items.map(entryRow), decisions, words: [] };
}

export function wordWork(change: WordChange): Work {
  return { rows: [], decisions: [], words: [change] };
}

export type Tables = ReturnType<typeof openTables>;

/** @param maxDenials how many decisions without an entry are kept */
export function openTables(db: DatabaseSync, maxDenials: number) {
  const entries = openEntries(db);
  const reader = entryReader(db);
  const memory = grantMemory((mark, epoch, upTo) => {
    const id = entries.idOf(mark);
    return id === null ? [] : reader.newest(id, epoch, upTo);
  });
  return { entries, decisions: openDecisions(db, maxDenials), words: openWordTable(db), memory, reader };
}

/** The result of a commit, for its listeners. */
export interface Written {
  readonly forks: readonly Fork[];
  readonly decisions: readonly DecisionRecord[];
}

/**
 * Writes the work of many calls and the waiting notes in one transaction: durable when it returns, and only
 * then seen by readers. Throws the engine's errors, without any write.
 */
export function writer(db: DatabaseSync, tables: Tables) {
  const transaction = transactions(db);
  return (works: readonly Work[], notes: readonly NewDecision[]): Written => {
    const entries = tables.entries.group();
    const decided = tables.decisions.group();
    const words = tables.words.group();
    transaction(() => {
      for (const work of works) {
        for (const row of work.rows) entries.add(row);
        for (const decision of work.decisions) decided.add(decision, true);
        for (const change of work.words) words.apply(change);
      }
      noteAll(decided, notes);
      words.prune();
      entries.writeHeads();
    });
    words.settle();
    const { forks, added } = entries.settle();
    for (const { row, before, after } of added) tables.memory.take(row.mark, row, before, after.epoch);
    return { forks, decisions: decided.settle() };
  };
}

function noteAll(decided: DecisionGroup, notes: readonly NewDecision[]): void {
  for (const decision of notes) decided.add(decision, false);
  decided.prune();
}
