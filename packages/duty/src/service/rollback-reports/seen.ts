import { RecordError } from '../../rule/index.ts';
import { decodeReport, type Report, type ReportWord } from './report.ts';
import { higher } from './said.ts';
import { type Entry, isOwn } from './state.ts';
import { askJudgement, change, entryOf, holdAgain, logHeld, put, remove, settle, type Turn } from './turn.ts';

/** The text of a record, by a linearizable read while no write of this service was under way. */
export function onSeen(turn: Turn, recordKey: string, call: number | null, text: string | null): void {
  const before = entryOf(turn, recordKey);
  if (before.call !== call) return;
  const entry = put(turn, { ...before, call: null, failures: 0, stale: false, stored: text });
  // The record in the store has not changed since this service decided on its next write.
  if (before.unsaved && before.stored === text) return;
  if (text === null) onGone(turn, entry);
  else onText(turn, entry, text);
}

/**
 * A transaction of an adoption or of an operator wrote this text. The answers of calls that were under way
 * before are dropped.
 */
export function onCommitted(turn: Turn, recordKey: string, text: string): void {
  const entry = change(turn, recordKey, { call: null, stale: true, stored: text });
  onText(turn, entry, text);
}

function onText(turn: Turn, entry: Entry, text: string): void {
  let seen: Report;
  try {
    seen = decodeReport(entry.recordKey, text);
  } catch (error) {
    if (!(error instanceof RecordError)) throw error;
    // It may be a report that a newer release wrote: only a service that reads it can release it.
    if (!entry.unreadable) logUnreadable(turn, entry.recordKey, error.message);
    put(turn, { ...entry, unreadable: true });
    return;
  }
  const readable = put(turn, { ...entry, unreadable: false });
  if (entry.report === null) {
    put(turn, { ...readable, report: seen, unsaved: false });
    if (seen.state === 'held') logHeld(turn, entry.recordKey, seen);
  } else if (seen.state === 'held') onHeld(turn, readable, entry.report, seen);
  else onReleased(turn, readable, entry.report, seen);
}

/** No release deletes a held record, so the store went back, and so did the adoptions in the record. */
function onGone(turn: Turn, entry: Entry): void {
  const { report, recordKey } = entry;
  if (report === null) {
    if (!entry.unreadable) remove(turn, recordKey);
    return;
  }
  if (report.state === 'held' || entry.unsaved) {
    put(turn, { ...entry, report: { ...report, state: 'held', freed: [], released: null }, unsaved: true });
    return;
  }
  if (!isOwn(turn.state, entry)) remove(turn, recordKey);
  else if (report.released?.how !== 'operator')
    holdAgain(turn, entry, report, 'the store lost a report that was released');
}

function onHeld(turn: Turn, found: Entry, local: Report, seen: Report): void {
  const hasFurther = seen.word.others.some((id) => !local.word.others.includes(id));
  // No look at the mark was about a word that this service did not know: its `top` may be higher.
  const entry = hasFurther ? { ...found, floorAbove: false, judging: null } : found;
  if (local.state === 'released') {
    // Either the record changed before this service's release was written, or the store went back.
    put(turn, { ...entry, report: seen, unsaved: false, saidAgain: false, claimed: null });
    if (!entry.unsaved) logHeld(turn, entry.recordKey, seen, 'the store holds a report that was released');
    return;
  }
  const word = joined(local.word, seen.word);
  const more = word.others.length > seen.word.others.length;
  // Keys that were freed before the further word was written are not freed of that word.
  const report: Report = more ? { ...seen, word, freed: [] } : seen;
  put(turn, { ...entry, report, unsaved: more, claimed: null });
}

function onReleased(turn: Turn, entry: Entry, local: Report, seen: Report): void {
  if (local.state === 'released') {
    put(turn, { ...entry, report: seen, unsaved: false });
    return;
  }
  const word = joined(local.word, seen.word);
  if (word.others.length > seen.word.others.length)
    holdAgain(turn, entry, { ...seen, word }, 'a further word came while the report was released');
  else if (seen.released?.how === 'operator') settle(turn, entry, seen, false);
  else {
    // The release may be older than a restore that this service was asked about: the mark decides.
    put(turn, { ...entry, claimed: seen, unsaved: false });
    askJudgement(turn, [entry.recordKey]);
  }
}

/** The words of both. */
function joined(local: ReportWord, seen: ReportWord): ReportWord {
  const others = [...new Set([...seen.others, ...local.others])];
  return {
    ...seen,
    top: higher(local.top, seen.top),
    others,
  };
}

function logUnreadable(turn: Turn, recordKey: string, error: string): void {
  turn.effects.push({
    kind: 'log',
    level: 'error',
    event: { event: 'record-unreadable', key: recordKey, error },
    message: 'a rollback report cannot be read: every key is held',
  });
}
