import type { DatabaseSync } from 'node:sqlite';
import type { TrimPlace, TrimView } from '../shapes/admin.ts';
import { SCAN_ROWS } from './lookups.ts';
import type { LedgerSource } from './source.ts';

/** Rows or marks that one step goes through. A cold disk reads a page for each, and claims wait meanwhile. */
const STEP = 64;

/** The rows that may leave: an export holds them, and they are older than a time in Unix milliseconds. */
export interface TrimBounds {
  readonly last: LedgerSource['last'];
  readonly beforeMs: number;
}

/**
 * Removes old entries and answers, oldest first, in steps. Of each mark, the newest `SCAN_ROWS` entries up to
 * its head stay: a service looks back no further, so no answer of it depends on the rows that leave.
 */
export function openTrim(db: DatabaseSync) {
  const trimEntries = entryTrim(db);
  const trimAnswers = answerTrim(db);
  /** One step, inside a transaction. `next` is null after the last one. */
  return ({ list, after }: TrimPlace, bounds: TrimBounds): TrimView =>
    list === 'entries' ? trimEntries(after, bounds) : trimAnswers(after, bounds);
}

function entryTrim(db: DatabaseSync) {
  const marks = db.prepare(`SELECT mark FROM heads WHERE mark > ? ORDER BY mark LIMIT ${STEP}`);
  const oldest = db.prepare(
    `SELECT n, json_extract(body, '$.atMs') AS atMs FROM entries WHERE mark = :mark AND seq < (
       SELECT seq FROM entries WHERE mark = :mark AND seq <= (SELECT seq FROM heads WHERE mark = :mark)
       ORDER BY seq DESC LIMIT 1 OFFSET ${SCAN_ROWS - 1}
     ) ORDER BY seq, n LIMIT :room`,
  );
  const note = db.prepare(
    'UPDATE heads SET trimmed = max(trimmed, (SELECT seq FROM entries WHERE n = :n)) WHERE mark = :mark',
  );
  const dropEntry = db.prepare('DELETE FROM entries WHERE n = ?');

  /** Removes the oldest entries of a mark, up to the first one that must stay. Answers how many. */
  function trimMark(mark: number, room: number, { last, beforeMs }: TrimBounds): number {
    const leaving: number[] = [];
    for (const { n, atMs } of oldest.iterate({ mark, room })) {
      if (Number(n) > last.entry || Number(atMs) >= beforeMs) break;
      leaving.push(Number(n));
    }
    const newest = leaving.at(-1);
    if (newest !== undefined) note.run({ mark, n: newest });
    for (const n of leaving) dropEntry.run(n);
    return leaving.length;
  }

  return (after: number, bounds: TrimBounds): TrimView => {
    let [entries, done] = [0, after];
    const page = marks.all(after);
    for (const { mark } of page) {
      entries += trimMark(Number(mark), STEP - entries, bounds);
      if (entries === STEP) return { entries, decisions: 0, next: { list: 'entries', after: done } };
      done = Number(mark);
    }
    const list = page.length === 0 ? 'decisions' : 'entries';
    return { entries, decisions: 0, next: { list, after: page.length === 0 ? 0 : done } };
  };
}

/** The newest row stays, because ids go on from it. Refusals leave by their number. */
function answerTrim(db: DatabaseSync) {
  const answers = db.prepare(
    `SELECT id, atMs, durable FROM decisions WHERE id > ? AND id < ? ORDER BY id LIMIT ${STEP}`,
  );
  const dropAnswer = db.prepare('DELETE FROM decisions WHERE id = ?');
  const dropSearched = db.prepare('DELETE FROM decisions_search WHERE id = ?');
  return (after: number, { last, beforeMs }: TrimBounds): TrimView => {
    let [decisions, done] = [0, after];
    const page = answers.all(after, last.decision);
    for (const { id = null, atMs, durable } of page) {
      if (Number(atMs) >= beforeMs) return { entries: 0, decisions, next: null };
      done = Number(id);
      if (durable === 0) continue;
      dropSearched.run(id);
      dropAnswer.run(id);
      decisions += 1;
    }
    return { entries: 0, decisions, next: page.length === 0 ? null : { list: 'decisions', after: done } };
  };
}
