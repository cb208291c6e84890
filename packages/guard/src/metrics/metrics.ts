import { type Instruments, openMetrics } from '@watchbill/kit/metrics';
import { KEY_KINDS, type KeyName } from '../custody/key-name.ts';
import type { GuardEvents } from '../run/parts.ts';
import type { ShadowEvents } from '../run/shadow.ts';
import type { Verdict } from '../run/verdict.ts';
import { GUARD_METRICS } from './catalogue.ts';

type Counted = Omit<
  GuardEvents,
  'continuity' | 'allowed' | 'compared' | 'rotation' | 'sealed' | 'handedOver' | 'stopped'
>;

type Series = Instruments<typeof GUARD_METRICS>;

const STATES: readonly Verdict['state'][] = ['open', 'waiting', 'refused'];

/**
 * Metrics of one guard. `nowMs`: milliseconds of a clock that never steps back. `pairs`: the prefixes of its
 * pairs in the store, several on a spare; none on a machine that stands alone.
 */
export function guardMetrics(kinds: readonly string[], nowMs: () => number, pairs: readonly string[] = []) {
  const { series, text, contentType } = openMetrics(GUARD_METRICS);
  let active: string | null = null;
  const keys = keyWatch(series, nowMs, () => pairs.length > 0 && active === null);
  for (const pair of pairs) series.active.set({ pair }, 0);
  if (pairs.length > 0) series.fences.add({ result: 'unknown' }, 0);
  const node = begin(series, kinds);
  const verdicts = new Map<string | null, readonly Verdict[]>();
  /** `pair`: the prefix of the pair whose events these are; null without one. */
  const eventsOf = (pair: string | null): Counted => ({
    ...{ started: node.up, ended: node.down, lapsed: node.lapsed, unread: node.unread },
    placed: ({ kind }) => series.placed.add({ kind }),
    verdicts: (all) => {
      verdicts.set(pair, all);
      // The keys of the other validators are not awaited while a spare is active for one.
      keys(active === null ? [...verdicts.values()].flat() : (verdicts.get(active) ?? []));
    },
    standing: ({ role }) => {
      if (pair === null) return;
      if (role === 'active') active = pair;
      else if (active === pair) active = null;
      series.active.set({ pair }, role === 'active' ? 1 : 0);
    },
    roleLost: () => series.roleLosses.add(),
    pairUnread: () => series.pairUnread.add(),
    fenced: (_machine, isOff) => series.fences.add({ result: isOff ? 'off' : 'unknown' }),
  });
  return { contentType, text, eventsOf };
}

export type GuardMetrics = ReturnType<typeof guardMetrics>;

/**
 * Metrics of a shadow: the series of a guard that carried out the decisions of the shadow, each with the
 * label `mode="shadow"`.
 */
export function shadowMetrics(nowMs: () => number) {
  const { series, text, contentType } = openMetrics(GUARD_METRICS, { labels: { mode: 'shadow' } });
  const keys = keyWatch(series, nowMs, () => false);
  const node = begin(series, KEY_KINDS);
  const events: Omit<ShadowEvents, 'continuity' | 'compared'> = {
    ...{ found: node.up, gone: node.down, lapsed: node.lapsed, unread: node.unread },
    judged: (all) => {
      keys(all);
      for (const { name, act } of all) if (act === 'place') series.placed.add({ kind: name.kind });
    },
  };
  return { contentType, text, events };
}

/** If a counter were absent until its first event, `increase` would not show that event. */
function begin(series: Series, kinds: readonly string[]) {
  series.nodeUp.set(0);
  for (const kind of kinds.filter((one) => KEY_KINDS.includes(one))) {
    series.placed.add({ kind }, 0);
    series.refusals.add({ kind }, 0);
  }
  return {
    up: () => {
      series.nodeUp.set(1);
      series.nodeStarts.add();
    },
    down: () => series.nodeUp.set(0),
    lapsed: () => series.lapses.add(),
    unread: (name: string) => series.unread.add({ node: name === 'own node' ? 'own' : 'witness' }),
  };
}

/** States and waits of the keys, from each decision. */
function keyWatch(series: Series, nowMs: () => number, isStandby: () => boolean): GuardEvents['verdicts'] {
  const refused = new Set<KeyName['file']>();
  const shutSince = new Map<string, number>();
  return (all) => {
    for (const kind of new Set(all.map(({ name }) => name.kind))) {
      const own = all.filter(({ name }) => name.kind === kind);
      for (const state of STATES)
        series.keys.set({ kind, state }, own.filter((verdict) => verdict.state === state).length);
      if (isStandby() || own.every(({ state }) => state === 'open')) shutSince.delete(kind);
      else if (!shutSince.has(kind)) shutSince.set(kind, nowMs());
      const since = shutSince.get(kind);
      series.waits.set({ kind }, since === undefined ? 0 : (nowMs() - since) / 1_000);
    }
    for (const { name, state } of all) {
      if (state !== 'refused') refused.delete(name.file);
      else if (!refused.has(name.file)) {
        refused.add(name.file);
        series.refusals.add({ kind: name.kind });
      }
    }
  };
}
