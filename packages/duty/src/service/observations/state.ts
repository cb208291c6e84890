import type { Progress } from './jump.ts';
import { FIELDS, type ObservationRecord } from './record.ts';
import { openedReports, type ReportState, saidSince } from './reports.ts';

/** The records of one observer that this service made last. */
export interface Own {
  /** The one that it put into the mirror of the store. */
  readonly given: ObservationRecord;
  /** The one that it wrote; null if that write failed, or may have. `atMs` is of the monotonic clock. */
  readonly written: { readonly record: ObservationRecord; readonly atMs: number } | null;
}

/** All that a service knows of reports, by record key. It is changed in place. */
export interface ObservationState {
  reports: ReportState;
  /** Kept over openings: after a jump, the next session begins from there. */
  readonly progress: Map<string, Progress>;
  /** The newest block that each saw arrive. Kept over openings: it bounds a clock that was stepped. */
  readonly arrivals: Map<string, { readonly slot: bigint; readonly atMs: number }>;
  /** Reported here and not written yet: newer than the store. */
  readonly waiting: Map<string, ObservationRecord>;
  readonly own: Map<string, Own>;
  /** Changed by another service and not read yet. */
  readonly changed: Set<string>;
  /** A write is under way or due. */
  writing: boolean;
  /** A read of changed records is under way. */
  reading: boolean;
  /** When the last write began, by the monotonic clock. */
  writtenMs: number;
}

/** The record under a key in the mirror of the store. It may be late, so it never counts as a report. */
export type HintOf = (recordKey: string) => ObservationRecord | undefined;

export function startedObservations(): ObservationState {
  return {
    reports: openedReports(),
    progress: new Map(),
    arrivals: new Map(),
    waiting: new Map(),
    own: new Map(),
    changed: new Set(),
    writing: false,
    reading: false,
    writtenMs: Number.NEGATIVE_INFINITY,
  };
}

/** Whether a reading of this record may show a report of another service. */
export function isNews({ own, reports }: ObservationState, recordKey: string, hintOf: HintOf): boolean {
  const hint = hintOf(recordKey);
  if (hint === undefined) return false;
  const written = own.get(recordKey)?.written?.record;
  if (written !== undefined && hasSameValues(written, hint) && hasSameReceipts(written, hint)) return false;
  return saidSince(reports, recordKey, hint).length > 0;
}

export function hasSameValues(one: ObservationRecord, other: ObservationRecord): boolean {
  return FIELDS.every((field) => one.observation[field] === other.observation[field]);
}

function hasSameReceipts(one: ObservationRecord, other: ObservationRecord): boolean {
  return FIELDS.every((field) => one.receipts[field] === other.receipts[field]);
}
