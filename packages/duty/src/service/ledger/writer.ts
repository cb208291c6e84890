import type { DatabaseSync } from 'node:sqlite';
import type { Random } from '@watchbill/kit';
import type { DecisionRecord } from '../contract.ts';
import { type NewDecision, openDecisions } from './decisions.ts';
import { type EntryRow, entryRow, openEntries } from './entries.ts';
import { openIdentity } from './identity.ts';
import { entryReader } from './lookups.ts';
import { grantMemory } from './memory.ts';
import type { Fork, LedgerItem } from './port.ts';
import { decisionReader } from './query.ts';
import { openSearch } from './search.ts';
import { openTrim } from './trim.ts';
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

export type Tables = ReturnType<typeof openTables>;

export interface TableOptions {
  readonly random: Random;
  /** How many decisions without an entry are kept. */
  readonly maxDenials: number;
}

/** The tables of a file that was opened just now, each with its memory. */
export function openTables(db: DatabaseSync, { random, maxDenials }: TableOptions) {
  const entries = openEntries(db);
  const reader = entryReader(db);
  const memory = grantMemory((mark, epoch, upTo) => {
    const id = entries.ids.get(mark);
    return id === undefined ? [] : reader.newest(id, epoch, upTo);
  });
  const search = openSearch(db);
  return {
    db,
    identity: openIdentity(db, random),
    entries,
    decisions: openDecisions(db, maxDenials),
    words: openWordTable(db),
    memory,
    reader,
    search,
    find: decisionReader(db, search),
    trim: openTrim(db),
  };
}

/** The news of a kept group, for its listeners. */
export interface Written {
  readonly forks: readonly Fork[];
  readonly decisions: readonly DecisionRecord[];
}

/** One group of writes. Readers see it after `settle`, which follows its commit. */
export function beginGroup(tables: Tables) {
  const entries = tables.entries.group();
  const decided = tables.decisions.group();
  const words = tables.words.group();
  return {
    take(work: Work): void {
      for (const row of work.rows) entries.add(row);
      for (const decision of work.decisions) decided.add(decision, true);
      for (const change of work.words) words.apply(change);
    },
    /** The last step inside the transaction. */
    finish(notes: readonly NewDecision[]): void {
      for (const decision of notes) decided.add(decision, false);
      decided.prune();
      words.prune();
      entries.writeHeads();
    },
    settle(): Written {
      words.settle();
      const { forks, added } = entries.settle();
      for (const { row, before, after } of added) tables.memory.take(row.mark, row, before, after.epoch);
      return { forks, decisions: decided.settle() };
    },
  };
}
