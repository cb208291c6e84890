import type { Policy } from '../../../rule/index.ts';
import type { Compare } from '../../../store/index.ts';
import { keys } from '../../ground/keys.ts';
import { compareOf, encodeRecord, type WatchRecord } from '../../ground/records.ts';
import type { HeldWatch } from '../../ground/watch-record.ts';
import { isHolderReady, type KeyWatch, type WatchView } from './state.ts';
import type { WatchEffect, WatchEvent } from './watch-events.ts';

/** A handover takes at most half a minute; one that is older lost the service that led it. */
export const HANDOVER_LIFE_MS = 45_000;

/** A new state, and what to do next. */
export interface WatchStep {
  readonly state: KeyWatch;
  readonly effects: readonly WatchEffect[];
}

/** One event of the watch of one key: claim protocol section 5. Pure. Safety never rests on it. */
export function stepWatch(state: KeyWatch, policy: Policy, event: WatchEvent): WatchStep {
  switch (event.kind) {
    case 'asked':
      return onAsked(state, policy, event);
    case 'read':
      return { state, effects: takeOver(event.node, event.held) };
    case 'taken': {
      const { before, next } = event;
      const log: WatchEffect = { kind: 'log-taken', before: before.record.holder, next };
      return { state: { ...state, lapsedSinceMs: null }, effects: [log, answer(true)] };
    }
    default:
      return { state, effects: [answer(false)] };
  }
}

function onAsked(
  state: KeyWatch,
  policy: Policy,
  { node, view, nowMs }: Extract<WatchEvent, { kind: 'asked' }>,
): WatchStep {
  if (isHolderReady(view)) {
    const { relief, ended } = followHandover(state, view.record, nowMs);
    return {
      state: { lapsedSinceMs: null, relief },
      effects: [...ended, answer(view.record.holder === node)],
    };
  }
  const lapsedSinceMs = state.lapsedSinceMs ?? nowMs;
  const isTurn = nowMs - lapsedSinceMs >= placeOf(policy, view, node) * policy.standbyDelayMs;
  return { state: { ...state, lapsedSinceMs }, effects: [isTurn ? { kind: 'read' } : answer(false)] };
}

/** Better-ranked ready nodes go first; each rank below waits one more standby delay since the lapse. */
function placeOf({ roster }: Policy, { ready }: WatchView, node: string): number {
  const rankOf = (name: string) =>
    roster.find((entry) => entry.name === name)?.rank ?? Number.POSITIVE_INFINITY;
  return ready.filter((other) => rankOf(other) < rankOf(node)).length;
}

function takeOver(node: string, before: HeldWatch): readonly WatchEffect[] {
  if (before.record.holder === node) return [answer(true)];
  return [{ kind: 'take', before, next: nextTerm(before.record, node) }];
}

/** The watch under the next term: a term is never used twice. */
export function nextTerm({ term }: WatchRecord, holder: string): WatchRecord {
  return { holder, term: (BigInt(term) + 1n).toString(), relief: null };
}

/** A handover whose service died would keep the holder from entering for ever: after its time it ends. */
function followHandover(
  { relief }: KeyWatch,
  record: WatchRecord,
  nowMs: number,
): { readonly relief: KeyWatch['relief']; readonly ended: readonly WatchEffect[] } {
  if (record.relief === null) return { relief: null, ended: [] };
  const text = encodeRecord('watch', record);
  if (relief?.text !== text) return { relief: { text, sinceMs: nowMs }, ended: [] };
  if (nowMs - relief.sinceMs <= HANDOVER_LIFE_MS) return { relief, ended: [] };
  const next = { ...record, relief: null };
  return { relief, ended: [{ kind: 'end-handover', before: { record, text }, next }] };
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

function answer(onWatch: boolean): WatchEffect {
  return { kind: 'answer', onWatch };
}
