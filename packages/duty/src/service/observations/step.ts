import type { Observation } from '../../rule/index.ts';
import { judgeProgress } from './jump.ts';
import type { ObservationEffect, ObservationEvent } from './observation-events.ts';
import type { Field } from './record.ts';
import { hear, inheritReports, noteReceipts, openedReports, type ReportState, saidSince } from './reports.ts';
import { type HintOf, hasSameValues, isNews, type ObservationState } from './state.ts';

/**
 * The reports of all observers are written together, at most this often; the last ones are written in the
 * end. Each node reports every second: a write for each report would cost more than the claims of the nodes.
 */
const WRITE_INTERVAL_MS = 250;
/** An unchanged report is written this often, so that other services see that the observer is alive. */
const REPEAT_INTERVAL_MS = 10_000;

/** A new state, and what to do next. */
export interface ObservationStep {
  readonly state: ObservationState;
  readonly effects: readonly ObservationEffect[];
}

/** One event of the reports of observers: claim protocol section 4, rule 2. No clock and no store inside. */
export function stepObservations(state: ObservationState, event: ObservationEvent): ObservationStep {
  switch (event.kind) {
    case 'reported': {
      const { recordKey, record, said, nowMs } = event;
      state.waiting.set(recordKey, record);
      const reports = hear(state.reports, recordKey, said, record.observation, nowMs);
      const jumped = judged(state, recordKey, said, record.observation, nowMs);
      const next = { ...state, reports };
      return withEffects(jumped, state.writing ? { state: next, effects: [] } : writeSoon(next, nowMs));
    }
    case 'waited':
      return write(state, event.nowMs);
    case 'written':
      for (const key of event.failed) forgetWritten(state, key);
      return writeSoon(state, event.nowMs);
    case 'changed':
      return onChanged(state, event.recordKey, event.hintOf);
    case 'read': {
      const jumped = event.found.flatMap(([key, record]) => {
        return judged(state, key, saidSince(state.reports, key, record), record.observation, event.nowMs);
      });
      return withEffects(jumped, readChanged({ ...state, reports: heardIn(state, event) }, event.hintOf));
    }
    case 'opened':
      return { state: { ...state, reports: openedReports() }, effects: [] };
    case 'noted':
      return { state: { ...state, reports: noteReceipts(state.reports, new Map(event.found)) }, effects: [] };
    default: {
      const reports = inheritReports(state.reports, event.firsts, event.present, event.nowMs);
      return { state: { ...state, reports }, effects: [] };
    }
  }
}

/**
 * Notes how far the observer has come: a round or a slot counts if it was reported now. A slot counts once:
 * a service reads the record of another one again and again, also while the chain stands still.
 */
function judged(
  { progress, arrivals }: ObservationState,
  key: string,
  said: readonly Field[],
  now: Observation,
  nowMs: number,
): readonly ObservationEffect[] {
  const { bestSlot: slot = null } = now;
  if (slot !== null && slot !== arrivals.get(key)?.slot && said.includes('bestSlot'))
    arrivals.set(key, { slot, atMs: nowMs });
  if (!said.includes('round')) return [];
  const { progress: next, jumped } = judgeProgress(progress.get(key), now, nowMs);
  if (next !== undefined) progress.set(key, next);
  return jumped === null ? [] : [{ kind: 'jumped', why: jumped }];
}

function withEffects(first: readonly ObservationEffect[], { state, effects }: ObservationStep) {
  return { state, effects: [...first, ...effects] };
}

/** One write at a time: reports that come meanwhile wait for the next one. */
function writeSoon(state: ObservationState, nowMs: number): ObservationStep {
  if (state.waiting.size === 0) return { state: { ...state, writing: false }, effects: [] };
  const ms = Math.max(0, state.writtenMs + WRITE_INTERVAL_MS - nowMs);
  return { state: { ...state, writing: true }, effects: [{ kind: 'wait', ms }] };
}

/** Everything that waits goes to the mirror; values that were written a short time ago are left out. */
function write(state: ObservationState, nowMs: number): ObservationStep {
  const given = [...state.waiting];
  state.waiting.clear();
  const records = given.filter(([key, record]) => {
    const written = state.own.get(key)?.written ?? null;
    const isRepeat = written !== null && nowMs - written.atMs < REPEAT_INTERVAL_MS;
    const isDue = !isRepeat || !hasSameValues(written.record, record);
    state.own.set(key, { given: record, written: isDue ? { record, atMs: nowMs } : written });
    return isDue;
  });
  return { state: { ...state, writtenMs: nowMs }, effects: [{ kind: 'write', given, records }] };
}

function forgetWritten({ own }: ObservationState, recordKey: string): void {
  const known = own.get(recordKey);
  if (known !== undefined) own.set(recordKey, { ...known, written: null });
}

/** A record of this service that comes back through the mirror needs no read. */
function onChanged(state: ObservationState, recordKey: string, hintOf: HintOf): ObservationStep {
  const own = state.own.get(recordKey);
  if (own !== undefined && own.given === hintOf(recordKey)) return { state, effects: [] };
  state.changed.add(recordKey);
  return state.reading ? { state, effects: [] } : readChanged(state, hintOf);
}

/** One read at a time, of all records that changed until then. */
function readChanged(state: ObservationState, hintOf: HintOf): ObservationStep {
  const recordKeys = [...state.changed].filter((key) => isNews(state, key, hintOf));
  state.changed.clear();
  if (recordKeys.length === 0) return { state: { ...state, reading: false }, effects: [] };
  const effect = { kind: 'read', recordKeys, noted: state.reports.noted } as const;
  return { state: { ...state, reading: true }, effects: [effect] };
}

/** A watch may be late, so its values do not count: a linearizable read does. */
function heardIn(
  { reports }: ObservationState,
  { found, noted, nowMs }: Extract<ObservationEvent, { kind: 'read' }>,
): ReportState {
  if (reports.noted !== noted) return reports;
  return found.reduce(
    (heard, [key, record]) => hear(heard, key, saidSince(heard, key, record), record.observation, nowMs),
    reports,
  );
}
