import { growingMs } from '@watchbill/kit';
import type { Report } from './report.ts';

/** One record under `doubt/`: its wanted and its stored text, and the calls under way. */
export interface Entry {
  readonly recordKey: string;
  /**
   * The record, or the one that is to be written; null while the store was not read, or holds no such record.
   */
  readonly report: Report | null;
  /** The record cannot be read: it holds every key until a service that can read it releases it. */
  readonly unreadable: boolean;
  /** The text in the store by the last linearizable read or applied write; undefined: not read yet. */
  readonly stored: string | null | undefined;
  /** `report` differs from the record in the store, and is to be written. */
  readonly unsaved: boolean;
  /** The store is to be read again: the record may have changed, or a write has to be read back. */
  readonly stale: boolean;
  /** Number of the store call under way; answers with another number are dropped. */
  readonly call: number | null;
  /** The next store call, in monotonic milliseconds, and how many have failed since one went well. */
  readonly callAtMs: number;
  readonly failures: number;
  /** The own disk: `open` and `keeping-more` hold the word. The last three are under way. */
  readonly disk: 'none' | 'open' | 'keeping' | 'keeping-more' | 'releasing';
  /** The next try of the own disk, in monotonic milliseconds. */
  readonly diskAtMs: number;
  /** Words that were sent since and that this report holds too; not on the own disk yet. */
  readonly unkept: readonly Report[];
  /** The last look at the mark: its floor is at or above `top`. */
  readonly floorAbove: boolean;
  /** Number of the look at the mark that is under way; answers with another number are dropped. */
  readonly judging: number | null;
  /** A released word was sent again: it holds until the mark was looked at. */
  readonly saidAgain: boolean;
  /**
   * The store says `released`, and this service has not seen the reason yet: it holds until the mark was
   * looked at.
   */
  readonly claimed: Report | null;
}

export interface ReportsState {
  /** The id of this service. */
  readonly service: string;
  readonly entries: ReadonlyMap<string, Entry>;
  readonly calls: number;
  /** The next look at every mark with a held word, in monotonic milliseconds. */
  readonly judgeAtMs: number;
}

/**
 * Open reports of one service and, of these, of one node: beyond that a report holds further words of its
 * mark.
 */
export const MAX_OPEN = 256;
export const MAX_OPEN_OF_NODE = 16;
/** A report that holds this many further words lets the next one begin a new report. */
export const MAX_OTHERS = 64;
/** Every mark with a held word is looked at this often. */
export const JUDGE_MS = 10_000;
const FIRST_RETRY_MS = 250;
const LAST_RETRY_MS = 10_000;

export function emptyState(service: string, nowMs: number): ReportsState {
  return { service, entries: new Map(), calls: 0, judgeAtMs: nowMs };
}

export function blankEntry(recordKey: string): Entry {
  return {
    recordKey,
    report: null,
    unreadable: false,
    stored: undefined,
    unsaved: false,
    stale: true,
    call: null,
    callAtMs: 0,
    failures: 0,
    disk: 'none',
    diskAtMs: 0,
    unkept: [],
    floorAbove: false,
    judging: null,
    saidAgain: false,
    claimed: null,
  };
}

/** Milliseconds until the next try. */
export function retryMs(failures: number): number {
  return growingMs(failures, FIRST_RETRY_MS, LAST_RETRY_MS);
}

/** True if the entry holds keys, except those that it freed. */
export function isHolding(entry: Entry): boolean {
  return entry.unreadable || entry.saidAgain || entry.report?.state === 'held';
}

/** True if the entry holds this key. */
export function holdsKey(entry: Entry, chain: string, key: string): boolean {
  if (!isHolding(entry)) return false;
  if (entry.unreadable || entry.saidAgain) return true;
  return !isFreed(entry, chain, key);
}

/** True if the report no longer holds this key: by an adoption or, for the key of its word, by the floor. */
export function isFreed({ report, floorAbove }: Entry, chain: string, key: string): boolean {
  if (report === null) return false;
  if (report.freed.some((one) => one.chain === chain && one.key === key)) return true;
  return floorAbove && report.word.chain === chain && report.word.key === key;
}

/** True if the word was heard by this service. */
export function isOwn(state: ReportsState, { report }: Entry): boolean {
  return report?.service === state.service;
}
