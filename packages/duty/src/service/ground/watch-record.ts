import type { WatchRecord } from './records.ts';

/** The record of a watch, with the text that a transaction compares. */
export interface HeldWatch {
  readonly record: WatchRecord;
  /** Null if there is no record yet. */
  readonly text: string | null;
}

export const NO_WATCH: WatchRecord = { holder: null, term: '0', relief: null };
