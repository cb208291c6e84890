import { encodeReport, reportKey } from './report.ts';
import { idOf, wordsToKeep } from './said.ts';
import { type Entry, isHolding, isOwn, JUDGE_MS, type ReportsState } from './state.ts';
import { change, nextCall, put, type Turn } from './turn.ts';

/** Begins what each entry needs next: one call to the store and one to the own disk at once. */
export function syncAll(turn: Turn): void {
  for (const { recordKey } of [...turn.state.entries.values()]) {
    syncStore(turn, recordKey);
    syncDisk(turn, recordKey);
  }
}

/**
 * The next moment at which a `tick` has something to do, in monotonic milliseconds; null if there is none.
 */
export function wakeMs(state: ReportsState): number | null {
  const moments: number[] = [];
  for (const entry of state.entries.values()) {
    if (needsStore(entry)) moments.push(entry.callAtMs);
    if (needsDisk(state, entry) !== null) moments.push(entry.diskAtMs);
    if (isHolding(entry)) moments.push(state.judgeAtMs);
  }
  return moments.length === 0 ? null : Math.min(...moments);
}

/** True while the store or the own disk does not yet hold what the entry says. */
export function isPending(state: ReportsState, entry: Entry): boolean {
  const { call, judging, disk, saidAgain, claimed } = entry;
  if (call !== null || judging !== null || (disk !== 'none' && disk !== 'open')) return true;
  return saidAgain || claimed !== null || needsStore(entry) || needsDisk(state, entry) !== null;
}

function needsStore({ call, stale, unsaved, stored }: Entry): boolean {
  return call === null && (stale || unsaved || stored === undefined);
}

function syncStore(turn: Turn, recordKey: string): void {
  const entry = turn.state.entries.get(recordKey);
  if (entry === undefined || !needsStore(entry) || turn.nowMs < entry.callAtMs) return;
  const { report, stored } = entry;
  const call = nextCall(turn);
  if (entry.stale || stored === undefined || report === null) {
    change(turn, recordKey, { call });
    turn.effects.push({ kind: 'read-record', recordKey, call });
    return;
  }
  const text = encodeReport(report);
  if (text === stored) {
    change(turn, recordKey, { unsaved: false });
    return;
  }
  change(turn, recordKey, { call });
  turn.effects.push({ kind: 'write-record', recordKey, call, before: stored, text });
}

function needsDisk(state: ReportsState, entry: Entry): 'keep' | 'release' | null {
  const { report, disk, saidAgain, claimed, unkept, unreadable } = entry;
  if (report === null || unreadable || !isOwn(state, entry)) return null;
  if (report.state === 'held' || saidAgain || claimed !== null)
    return disk === 'none' || (disk === 'open' && unkept.length > 0) ? 'keep' : null;
  // The store has the release first: a start between the two asks the store again.
  return disk === 'open' && !entry.unsaved && !entry.stale ? 'release' : null;
}

function syncDisk(turn: Turn, recordKey: string): void {
  const entry = turn.state.entries.get(recordKey);
  if (entry?.report == null || turn.nowMs < entry.diskAtMs) return;
  const need = needsDisk(turn.state, entry);
  if (need === 'keep') {
    put(turn, { ...entry, disk: entry.disk === 'none' ? 'keeping' : 'keeping-more' });
    turn.effects.push({ kind: 'keep-word', recordKey, words: wordsToKeep(entry) });
  } else if (need === 'release' && entry.report.released !== null) {
    put(turn, { ...entry, disk: 'releasing' });
    const ids = [idOf(entry.report), ...othersOf(turn.state, entry)];
    turn.effects.push({ kind: 'release-in-ledger', recordKey, ids, released: entry.report.released });
  }
}

/** Words that the report holds too; one that a restart gave a separate report is not released with it. */
function othersOf(state: ReportsState, { report }: Entry): string[] {
  const others = report?.word.others ?? [];
  return others.filter((id) => !state.entries.has(reportKey(state.service, id)));
}

/** Looks at every held word, and reads its record again: a hint of the store may have been missed. */
export function dueJudgement(turn: Turn): string[] {
  if (turn.nowMs < turn.state.judgeAtMs) return [];
  turn.state = { ...turn.state, judgeAtMs: turn.nowMs + JUDGE_MS };
  const due = [...turn.state.entries.values()].filter((entry) => isHolding(entry));
  for (const { recordKey } of due) change(turn, recordKey, { stale: true });
  return due.map(({ recordKey }) => recordKey);
}
