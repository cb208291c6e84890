import { namesByRank, type Policy } from '../../../rule/index.ts';
import type { WatchRecord } from '../../ground/records.ts';

/**
 * The memory of one service about the watch of one key, changed in place. Times are of the monotonic clock,
 * in milliseconds.
 */
export interface KeyWatch {
  /** When this service noticed that the holder's presence had lapsed; null while the holder is live. */
  lapsedSinceMs: number | null;
  /** A handover that was seen under way, by the text of its record. */
  relief: { readonly text: string; readonly sinceMs: number } | null;
}

/** The watch of a key as the service's mirrors of the store show it. */
export interface WatchView {
  readonly record: WatchRecord;
  /** Listed nodes with a live presence record, best rank first. */
  readonly ready: readonly string[];
}

/** The listed nodes that are live, best rank first. */
export function readyNodes(policy: Policy, isLive: (node: string) => boolean): string[] {
  return namesByRank(policy).filter(isLive);
}

/** False for a holder that is no longer listed, however live it is for other keys. */
export function isHolderLive(
  policy: Policy,
  { holder }: WatchRecord,
  isLive: (node: string) => boolean,
): boolean {
  return holder !== null && policy.roster.some((node) => node.name === holder) && isLive(holder);
}
