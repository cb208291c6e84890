import { type CommitParts, type Commits, flushQuietly, WRITING } from '../commits.ts';
import type { LateEntry } from '../entries.ts';
import { failedFault, isDiskFailure } from '../faults.ts';
import { LedgerFault } from '../port.ts';
import { transactions, unsyncedTransactions } from '../transactions.ts';
import { noteAll, type Work, writer } from '../writer.ts';
import { type Backlog, createBacklog } from './backlog.ts';
import { longestContent } from './entry-log.ts';
import { type Filler, tableFiller } from './filler.ts';
import { contentOf } from './records.ts';
import { type BegunFile, checkpoint } from './sessions.ts';
import { stateWriter } from './state.ts';

/** More rows than this never wait for the tables: the next group waits until they are there. */
export const BACKLOG_ROWS = 8_192;

export interface FileCommitParts extends CommitParts {
  readonly begun: BegunFile;
  /** Path of the database, for faults. */
  readonly path: string;
  readonly clock: Parameters<typeof tableFiller>[0];
  /** The disk failed, and this ledger takes no entry until it is opened again. Called once. */
  onFailed(fault: LedgerFault): void;
}

/**
 * Groups whose entries only continue their marks are frames of the entry file; their rows reach the tables
 * later. Every other group is a synced transaction of the tables, after the rows that waited.
 */
export function fileCommits(parts: FileCommitParts): Commits {
  const { begun, tables, guarded, path } = parts;
  const backlog = createBacklog();
  const longest = longestContent(begun.fileBytes);
  let failed: LedgerFault | null = null;
  let count = 0;

  /** A full disk may have room later. After any other error of the disk, nobody knows what it holds. */
  function stopUnlessFull<Result>(act: () => Result): Result {
    return guarded(WRITING, () => {
      if (failed !== null) throw failed;
      try {
        return act();
      } catch (error) {
        throw isDiskFailure(error) ? fail(error) : error;
      }
    });
  }

  function fail(cause: unknown): LedgerFault {
    if (failed !== null) return failed;
    failed = failedFault(path, cause);
    parts.onFailed(failed);
    return failed;
  }

  const fills = backlogFills(parts, backlog);
  const filler = tableFiller(parts.clock, backlog, () => stopUnlessFull(fills.quick));
  const write = writer(parts.db, tables);

  function commit(works: readonly Work[]): void | Promise<void> {
    if (failed !== null) throw failed;
    count += 1;
    const rows = works.flatMap((work) => work.rows);
    const late = works.some(({ words }) => words.length > 0) ? null : tables.entries.continuing(rows);
    const content = late === null ? null : guarded(WRITING, () => contentOf(works));
    if (late === null || content === null || content.length > longest) return commitToTables(works);
    if (content.length === 0) return;
    if (backlog.size() >= BACKLOG_ROWS) stopUnlessFull(fills.quick);
    const { log } = begun;
    if (!log.fits(content.length)) stopUnlessFull(() => fills.rewind(log));
    return commitToFile(works, late, content);
  }

  function commitToTables(works: readonly Work[]): void {
    if (backlog.size() > 0) stopUnlessFull(fills.quick);
    const pending = parts.notes.pending();
    const written = stopUnlessFull(() => write(works, pending));
    parts.notes.taken(pending.length);
    parts.announce(written);
  }

  async function commitToFile(
    works: readonly Work[],
    late: readonly LateEntry[],
    content: Buffer,
  ): Promise<void> {
    const frame = begun.log.next();
    const synced = stopUnlessFull(() => begun.log.append(content));
    await synced.catch((error: unknown) => {
      throw fail(error);
    });
    settle(works, late, frame);
  }

  /** The frame survives a power cut: its entries count. */
  function settle(works: readonly Work[], late: readonly LateEntry[], frame: number): void {
    tables.entries.count(late);
    for (const { row, before, after } of late) tables.memory.take(row.mark, row, before, after.epoch);
    const decided = tables.decisions.number(works.flatMap((work) => work.decisions));
    backlog.add(late, decided, frame);
    filler.added();
    parts.announce({ forks: [], decisions: decided });
  }

  return {
    commit,
    flushNotes: () => flushQuietly(parts.notes, () => stopUnlessFull(fills.quick)),
    catchUp: () => {
      if (backlog.size() > 0) stopUnlessFull(fills.quick);
    },
    count: () => count,
    end: () => end(parts, filler, failed === null ? fills.last : null),
  };
}

/** The ways in which the backlog gets into the tables. Each throws the engine's errors, with none of it done. */
function backlogFills({ db, tables, notes, announce, begun }: FileCommitParts, backlog: Backlog) {
  const quickly = unsyncedTransactions(db);
  const durably = transactions(db);
  const state = stateWriter(db);
  const { file } = begun;
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
    rewind(log: BegunFile['log']) {
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

/** A file that could not be ended stays, and the next opening ends it. */
function end({ begun, guarded }: FileCommitParts, filler: Filler, last: (() => void) | null): void {
  filler.stop();
  try {
    if (last !== null) guarded(WRITING, last);
    begun.log.close();
    if (last !== null) begun.remove();
  } catch (error) {
    begun.log.close();
    if (!(error instanceof LedgerFault)) throw error;
  }
}
