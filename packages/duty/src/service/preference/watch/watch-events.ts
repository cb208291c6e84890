import type { WatchRecord } from '../../ground/records.ts';
import type { HeldWatch } from '../../ground/watch-record.ts';
import type { WatchView } from './state.ts';

/** Events of the watch of one key. Answers name the node that asked, so several may ask at once. */
export type WatchEvent =
  /** A fit node is there and would take the watch. */
  | { readonly kind: 'asked'; readonly node: string; readonly view: WatchView; readonly nowMs: number }
  /** A linearizable read. */
  | { readonly kind: 'read'; readonly node: string; readonly held: HeldWatch }
  | { readonly kind: 'taken'; readonly node: string; readonly before: HeldWatch; readonly next: WatchRecord }
  /** The record had changed, or the old holder was there again. */
  | { readonly kind: 'not-taken' };

/** The work of the shell after a step, in this order; `answer` ends the question. */
export type WatchEffect =
  /** Answered by `read`. */
  | { readonly kind: 'read' }
  /** Answered by `taken` or `not-taken`. */
  | { readonly kind: 'take'; readonly before: HeldWatch; readonly next: WatchRecord }
  /** The service that led a handover is gone: its entry in the record ends, if the record is unchanged. */
  | { readonly kind: 'end-handover'; readonly before: HeldWatch; readonly next: WatchRecord }
  | { readonly kind: 'log-taken'; readonly before: string | null; readonly next: WatchRecord }
  | { readonly kind: 'answer'; readonly onWatch: boolean };
