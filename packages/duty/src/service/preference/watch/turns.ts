import type { Policy } from '../../../rule/index.ts';
import type { Compare } from '../../../store/index.ts';
import { keys } from '../../ground/keys.ts';
import { compareOf, encodeRecord, type HeldWatch, type WatchRecord } from '../../ground/records.ts';

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

/** A handover takes at most half a minute; one that is older lost the service that led it. */
export const HANDOVER_LIFE_MS = 45_000;

/**
 * Whether the node may take a watch whose holder is gone. Better-ranked ready nodes go first; each rank below
 * waits one more standby delay since the lapse.
 */
export function isTurnOf(
  { roster, standbyDelayMs }: Policy,
  ready: readonly string[],
  node: string,
  lapsedMs: number,
): boolean {
  const rankOf = (name: string) =>
    roster.find((entry) => entry.name === name)?.rank ?? Number.POSITIVE_INFINITY;
  const place = ready.filter((other) => rankOf(other) < rankOf(node)).length;
  return lapsedMs >= place * standbyDelayMs;
}

/** The watch under the next term: a term is never used twice. */
export function nextTerm({ term }: WatchRecord, holder: string): WatchRecord {
  return { holder, term: (BigInt(term) + 1n).toString(), relief: null };
}

/**
 * Notes the handover that the record shows. A handover whose service died would keep the holder from entering
 * for ever: after its time it ends, by this change of the record; null while it goes on.
 */
export function followHandover(
  known: KeyWatch,
  record: WatchRecord,
  nowMs: number,
): { readonly before: HeldWatch; readonly next: WatchRecord } | null {
  const text = encodeRecord('watch', record);
  if (record.relief === null) known.relief = null;
  else if (known.relief?.text !== text) known.relief = { text, sinceMs: nowMs };
  else if (nowMs - known.relief.sinceMs > HANDOVER_LIFE_MS)
    return { before: { record, text }, next: { ...record, relief: null } };
  return null;
}

/** The records that a change of the watch compares: the watch itself, and the absence of a lapsed holder. */
export function watchCompares(policy: Policy, before: HeldWatch, next: WatchRecord): Compare[] {
  const { chain, key } = policy;
  const { holder, relief } = before.record;
  const watch = compareOf(keys.watch(chain, key), before.text);
  // A handover moves the watch from a live holder, and a node that is no longer listed may be live for other
  // keys.
  const mustBeAbsent =
    holder !== null &&
    policy.roster.some((node) => node.name === holder) &&
    holder !== next.holder &&
    relief !== next.holder;
  return mustBeAbsent ? [watch, { key: keys.presence(chain, key, holder), value: null }] : [watch];
}
