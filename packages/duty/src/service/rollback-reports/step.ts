import { RecordError } from '../../rule/index.ts';
import type { ReportsEffect } from './effects.ts';
import { onJudged } from './judged.ts';
import { decodeReport, type Report, reportId } from './report.ts';
import type { ReportsEvent } from './report-events.ts';
import { idOf, onDisk, onSaid } from './said.ts';
import { onCommitted, onSeen } from './seen.ts';
import { type ReportsState, retryMs } from './state.ts';
import { dueJudgement, syncAll } from './sync.ts';
import { askJudgement, change, entryOf, type Turn, turnOf } from './turn.ts';

/** A new state, and what to do next; see {@link ReportsEffect}. */
export interface Step {
  readonly state: ReportsState;
  readonly effects: readonly ReportsEffect[];
}

/** One event. Pure: the same arguments always give the same result, and the old state stays as it is. */
export function step(state: ReportsState, event: ReportsEvent): Step {
  const turn = turnOf(state, event);
  take(turn, event);
  syncAll(turn);
  return { state: turn.state, effects: turn.effects };
}

function take(turn: Turn, event: ReportsEvent): void {
  switch (event.kind) {
    case 'said':
      onSaid(turn, event.word);
      break;
    case 'on-disk':
      onDisk(turn, event.recordKey, readKept(event.recordKey, event.text));
      break;
    case 'record-changed':
      change(turn, event.recordKey, { stale: true });
      break;
    case 'record-seen':
      onSeen(turn, event.recordKey, event.call, event.text);
      break;
    case 'committed':
      for (const [recordKey, text] of event.texts) onCommitted(turn, recordKey, text);
      askJudgement(turn, event.texts.keys());
      break;
    case 'judged':
      onJudged(turn, event);
      break;
    case 'tick':
      askJudgement(turn, dueJudgement(turn));
      break;
    default:
      onAnswer(turn, event);
  }
}

type Answer = Extract<
  ReportsEvent,
  { readonly kind: 'kept' | 'disk-released' | 'disk-failed' | 'not-read' | 'written' }
>;

function onAnswer(turn: Turn, event: Answer): void {
  const entry = turn.state.entries.get(event.recordKey);
  if (entry === undefined) return;
  switch (event.kind) {
    case 'kept': {
      const unkept = entry.unkept.filter((report) => !event.ids.includes(idOf(report)));
      change(turn, event.recordKey, { disk: 'open', unkept });
      break;
    }
    case 'disk-released':
      change(turn, event.recordKey, { disk: 'none' });
      break;
    case 'disk-failed': {
      const disk = entry.disk === 'keeping' ? 'none' : 'open';
      change(turn, event.recordKey, { disk, diskAtMs: turn.nowMs + retryMs(4) });
      logFailed(turn, event.recordKey, 'rollback-report-unkept', event.why);
      break;
    }
    case 'not-read':
      if (entry.call === event.call) onFailed(turn, event.recordKey, event.why);
      break;
    case 'written':
      if (entry.call === event.call) onWritten(turn, event);
  }
}

/** Every write is read back: only then the store holds the report. */
function onWritten(turn: Turn, event: Extract<Answer, { readonly kind: 'written' }>): void {
  if (event.outcome === 'unsure') onFailed(turn, event.recordKey, event.why);
  else change(turn, event.recordKey, { call: null, stale: true });
}

function onFailed(turn: Turn, recordKey: string, why: string): void {
  const entry = entryOf(turn, recordKey);
  const callAtMs = turn.nowMs + retryMs(entry.failures);
  change(turn, recordKey, { call: null, stale: true, failures: entry.failures + 1, callAtMs });
  if (entry.unsaved) logFailed(turn, recordKey, 'rollback-report-unsaved', why);
}

function logFailed(turn: Turn, recordKey: string, event: string, detail: string): void {
  turn.effects.push({
    kind: 'log',
    level: 'error',
    event: { event, id: reportId(recordKey), detail },
    message: 'a rollback report was not saved; this service holds every key and tries again',
  });
}

/** Null for a text that this release cannot read: it holds every key. */
function readKept(recordKey: string, text: string): Report | null {
  try {
    return decodeReport(recordKey, text);
  } catch (error) {
    if (error instanceof RecordError) return null;
    throw error;
  }
}
