import type { Progress } from './jump.ts';
import { FIELDS, type ObservationRecord } from './record.ts';
import { openedReports, saidSince } from './reports.ts';

/** The records of one observer that this service made last. */
export interface Own {
  /** The one that it put into the mirror of the store. */
  readonly given: ObservationRecord;
  /** The one that it wrote; null if that write failed, or may have. `atMs` is of the monotonic clock. */
  readonly written: { readonly record: ObservationRecord; readonly atMs: number } | null;
}

/** All that a service knows of reports, by record key. It is changed in place. */
export type ObservationState = ReturnType<typeof startedObservations>;

/** The record under a key in the mirror of the store. It may be late, so it never counts as a report. */
export type HintOf = (recordKey: string) => ObservationRecord | undefined;

export function startedObservations() {
  return {
    reports: openedReports(),
    /** Kept over openings: after a jump, the next session begins from there. */
    progress: new Map<string, Progress>(),
    /** The newest block that each saw arrive. Kept over openings: it bounds a clock that was stepped. */
    arrivals: new Map<string, { readonly slot: bigint; readonly atMs: number }>(),
    /** Reported here and not written yet: newer than the store. */
    waiting: new Map<string, ObservationRecord>(),
    own: new Map<string, Own>(),
    /** Changed by another service and not read yet. */
    changed: new Set<string>(),
    /** A write is under way or due. */
    writing: false,
    /** The store refused the last write, which is in the log. */
    refused: false,
    /** A read of changed records is under way. */
    reading: false,
    /** When the last write began, by the monotonic clock. */
    writtenMs: Number.NEGATIVE_INFINITY,
  };
}

/** Whether a reading of this record may show a report of another service. */
export function isNews({ own, reports }: ObservationState, recordKey: string, hintOf: HintOf): boolean {
  const hint = hintOf(recordKey);
  if (hint === undefined) return false;
  const written = own.get(recordKey)?.written?.record;
  if (written !== undefined && isSame('observation', written, hint) && isSame('receipts', written, hint))
    return false;
  return saidSince(reports, recordKey, hint).length > 0;
}

/** Whether every field of this part is the same in both records. */
export function isSame(
  part: 'observation' | 'receipts',
  one: ObservationRecord,
  other: ObservationRecord,
): boolean {
  return FIELDS.every((field) => one[part][field] === other[part][field]);
}
