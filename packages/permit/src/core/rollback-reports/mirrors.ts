import { keys } from '../keys.ts';
import { mirroredId, mirrorOf } from './node-record.ts';
import { type Freed, isNodeKey, type Report, reportId, reportKey } from './report.ts';
import type { Entry, ReportsState } from './state.ts';
import { entryOf, put, type Turn } from './turn.ts';

/**
 * Keeps the records for services of the last release in step with the reports: one for each node. Every
 * service computes the same records from the same reports, so it does not matter which one writes them.
 */
export function keepMirrors(turn: Turn): void {
  const held = heldByNode(turn.state);
  if (turn.format === 1)
    for (const node of held.keys()) {
      const recordKey = keys.doubt(node);
      if (!turn.state.entries.has(recordKey)) put(turn, entryOf(turn, recordKey));
    }
  for (const entry of turn.state.entries.values()) {
    // A place in the store is read before it is written.
    if (!isNodeKey(entry.recordKey) || entry.stored === undefined || entry.unreadable) continue;
    const node = entry.recordKey.slice(keys.doubts.length);
    const wanted = wantedRecord(turn, entry, held.get(node) ?? []);
    if (wanted !== null) put(turn, { ...entry, report: wanted, unsaved: true });
  }
}

/** The record that this place is to have; null if it stays as it is. */
function wantedRecord(turn: Turn, { report }: Entry, held: readonly Entry[]): Report | null {
  const [first] = held;
  const freed = freedOfAll(held);
  if (report === null || report.state === 'released') {
    if (turn.format !== 1 || first?.report == null) return null;
    return mirrorOf(first.report, reportId(first.recordKey), freed);
  }
  const id = mirroredId(report);
  const of = id === null ? undefined : turn.state.entries.get(reportKey(report.service, id));
  // It stood for a report that was released.
  if (of?.report?.state === 'released' && !of.saidAgain && of.claimed === null) {
    if (first?.report != null) return mirrorOf(first.report, reportId(first.recordKey), freed);
    return { ...report, state: 'released', released: of.report.released };
  }
  if (held.length === 0) return null;
  const both = report.freed.filter((one) => freed.some((other) => sameKey(one, other)));
  return both.length === report.freed.length ? null : { ...report, freed: both };
}

function heldByNode(state: ReportsState): Map<string, Entry[]> {
  const found = new Map<string, Entry[]>();
  for (const entry of state.entries.values()) {
    const { report, recordKey } = entry;
    if (report === null || report.state !== 'held' || isNodeKey(recordKey)) continue;
    const entries = found.get(report.node) ?? [];
    entries.push(entry);
    entries.sort((one, other) => (one.recordKey < other.recordKey ? -1 : 1));
    found.set(report.node, entries);
  }
  return found;
}

/** Keys that every one of them freed. */
function freedOfAll(held: readonly Entry[]): readonly Freed[] {
  const [first, ...rest] = held.map(({ report }) => report?.freed ?? []);
  return (first ?? []).filter((one) => rest.every((freed) => freed.some((other) => sameKey(one, other))));
}

function sameKey(one: Freed, other: Freed): boolean {
  return one.chain === other.chain && one.key === other.key;
}
