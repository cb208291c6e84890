import type { ReportsEffect } from './effects.ts';
import { type Report, reportId } from './report.ts';
import type { ReportsEvent } from './report-events.ts';
import { blankEntry, type Entry, isHolding, type ReportsState } from './state.ts';

/**
 * One step under way. It is changed in place and never leaves the step. States and effects are never changed.
 */
export interface Turn {
  state: ReportsState;
  readonly effects: ReportsEffect[];
  readonly nowMs: number;
  readonly atMs: number;
}

export function turnOf(state: ReportsState, { nowMs, atMs }: ReportsEvent): Turn {
  return { state, effects: [], nowMs, atMs };
}

/** The entry of a record; a blank one, which reads the record first, if there is none yet. */
export function entryOf(turn: Turn, recordKey: string): Entry {
  return turn.state.entries.get(recordKey) ?? blankEntry(recordKey);
}

export function put(turn: Turn, entry: Entry): Entry {
  const entries = new Map(turn.state.entries).set(entry.recordKey, entry);
  turn.state = { ...turn.state, entries };
  return entry;
}

export function change(turn: Turn, recordKey: string, changes: Partial<Entry>): Entry {
  return put(turn, { ...entryOf(turn, recordKey), ...changes });
}

export function remove(turn: Turn, recordKey: string): void {
  const entries = new Map(turn.state.entries);
  entries.delete(recordKey);
  turn.state = { ...turn.state, entries };
}

/** A number that no call of this process had before. */
export function nextCall(turn: Turn): number {
  const calls = turn.state.calls + 1;
  turn.state = { ...turn.state, calls };
  return calls;
}

/** The record is to say that the word holds every key, also if its release was written before. */
export function holdAgain(turn: Turn, entry: Entry, report: Report, detail: string): void {
  const held: Report = { ...report, state: 'held', freed: [], released: null };
  const reset = { saidAgain: false, claimed: null, floorAbove: false };
  put(turn, { ...entry, ...reset, report: held, unsaved: true });
  logHeld(turn, entry.recordKey, held, detail);
}

/** The report is released: by this service, which then writes it, or in the store. */
export function settle(turn: Turn, entry: Entry, report: Report, unsaved: boolean): void {
  put(turn, { ...entry, report, unsaved, saidAgain: false, claimed: null, floorAbove: false, unkept: [] });
  const { node, released, why } = report;
  turn.effects.push({
    kind: 'log',
    level: 'warn',
    event: {
      event: 'rollback-report-released',
      id: reportId(entry.recordKey),
      node,
      ...released,
      detail: why,
    },
    message: 'a rollback report was released',
  });
}

export function logHeld(turn: Turn, recordKey: string, { service, node, why }: Report, detail = why): void {
  turn.effects.push({
    kind: 'log',
    level: 'error',
    event: { event: 'rollback-report-held', id: reportId(recordKey), service, node, detail },
    message: 'a node remembers more than the store holds: every key is held',
  });
}

/** Asks for one look at the marks of all these words. Words that hold no key are left out. */
export function askJudgement(turn: Turn, recordKeys: Iterable<string>): void {
  const asked: { recordKey: string; report: Report }[] = [];
  const entries = [...recordKeys].map((recordKey) => turn.state.entries.get(recordKey));
  const call = nextCall(turn);
  for (const entry of entries) {
    if (entry?.report == null || entry.unreadable || !isHolding(entry)) continue;
    asked.push({ recordKey: entry.recordKey, report: entry.report });
    change(turn, entry.recordKey, { judging: call });
  }
  if (asked.length > 0) turn.effects.push({ kind: 'judge', call, asked });
}
