import { type CommitParts, type Commits, flushQuietly, WRITING } from '../commits.ts';
import type { LateEntry } from '../entries.ts';
import { LedgerFault } from '../port.ts';
import { type Work, writer } from '../writer.ts';
import { createBacklog } from './backlog.ts';
import { longestContent } from './entry-log.ts';
import { stopAtFailure } from './failure.ts';
import { type Filler, tableFiller } from './filler.ts';
import { backlogFills } from './fills.ts';
import { contentOf } from './records.ts';
import type { BegunFile } from './sessions.ts';

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
  const { begun, tables, guarded, notes } = parts;
  const backlog = createBacklog();
  const longest = longestContent(begun.fileBytes);
  const failure = stopAtFailure(parts.path, guarded, parts.onFailed);
  const fills = backlogFills(parts, begun, backlog);
  const filler = tableFiller(parts.clock, backlog, () => failure.run(fills.quick));
  const toTables = tableWrites(parts);
  const toFile = fileWrites(begun, failure.fail);
  let count = 0;

  function catchUp(): void {
    if (backlog.size() > 0) failure.run(fills.quick);
  }

  function commit(works: readonly Work[]): void | Promise<void> {
    const late = lateOf(works);
    const content = late === null ? null : guarded(WRITING, () => contentOf(works));
    count += 1;
    if (late === null || content === null || content.length > longest) {
      catchUp();
      return failure.run(() => toTables(works));
    }
    if (content.length === 0) return failure.run(() => undefined);
    if (backlog.size() >= BACKLOG_ROWS) failure.run(fills.quick);
    if (!begun.log.fits(content.length)) failure.run(fills.rewind);
    const frame = begun.log.next();
    return failure.run(() => toFile(content)).then(() => settle(works, late, frame));
  }

  /** Null for works that need the tables at once. */
  function lateOf(works: readonly Work[]): readonly LateEntry[] | null {
    if (works.some(({ words }) => words.length > 0)) return null;
    return tables.entries.continuing(works.flatMap(({ rows }) => rows));
  }

  /** The frame survives a power cut: its entries count. */
  function settle(works: readonly Work[], late: readonly LateEntry[], frame: number): void {
    tables.entries.count(late);
    for (const { row, before, after } of late) tables.memory.take(row.mark, row, before, after.epoch);
    const decided = tables.decisions.number(works.flatMap(({ decisions }) => decisions));
    backlog.add(late, decided, frame);
    filler.added();
    parts.announce({ forks: [], decisions: decided });
  }

  return {
    commit,
    flushNotes: () => flushQuietly(notes, () => failure.run(fills.quick)),
    catchUp,
    count: () => count,
    end: () => end(parts, filler, failure.hasFailed() ? null : fills.last),
  };
}

/** A synced transaction of a group and the waiting notes. */
function tableWrites({ db, tables, notes, announce }: CommitParts): (works: readonly Work[]) => void {
  const write = writer(db, tables);
  return (works) => {
    const pending = notes.pending();
    const written = write(works, pending);
    notes.taken(pending.length);
    announce(written);
  };
}

/** Appends a frame. After a failed sync comes no other: a later one may succeed without the bytes. */
function fileWrites(
  { log }: BegunFile,
  fail: (cause: unknown) => LedgerFault,
): (content: Buffer) => Promise<void> {
  return (content) =>
    log.append(content).catch((error: unknown) => {
      throw fail(error);
    });
}

/** A file that could not be ended stays, and the next opening ends it. */
function end({ begun, guarded }: FileCommitParts, filler: Filler, last: (() => void) | null): void {
  filler.stop();
  let isEnded = last !== null;
  try {
    if (last !== null) guarded(WRITING, last);
  } catch (error) {
    if (!(error instanceof LedgerFault)) throw error;
    isEnded = false;
  }
  begun.log.close();
  if (isEnded) guarded('the entry file cannot be removed', begun.remove);
}
