import { type Instruments, openMetrics } from '@watchbill/kit/metrics';
import { KEY_KINDS, type KeyName } from '../custody/key-name.ts';
import type { RoleStanding } from '../pair/standing.ts';
import type { GuardEvents } from '../run/parts.ts';
import type { Verdict } from '../run/verdict.ts';
import { GUARD_METRICS } from './catalogue.ts';

type Series = Instruments<typeof GUARD_METRICS>;

export interface MetricsOf {
  readonly pairs: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
}

const STATES: readonly Verdict['state'][] = ['open', 'waiting', 'refused'];

/**
 * Metrics of one guard, or of its shadow: those of a guard that carried out the decisions of the shadow.
 * `nowMs`: milliseconds of a clock that never steps back. `pairs`: the prefixes of its pairs in the store,
 * several on a spare; none on a machine that stands alone. `labels`: of all series.
 */
export function guardMetrics(
  kinds: readonly string[],
  nowMs: () => number,
  { pairs = [], labels = {} }: Partial<MetricsOf> = {},
) {
  const { series, text, contentType } = openMetrics(GUARD_METRICS, { labels });
  let active: string | null = null;
  const keys = keyWatch(series, nowMs, () => pairs.length > 0 && active === null);
  for (const pair of pairs) series.active.set({ pair }, 0);
  if (pairs.length > 0) series.fences.add({ result: 'unknown' }, 0);
  begin(series, kinds);
  const verdicts = new Map<string | null, readonly Verdict[]>();
  /** `pair`: the prefix of the pair whose events these are; null without one. */
  const eventsOf = (pair: string | null) => ({
    started: () => {
      series.nodeUp.set(1);
      series.nodeStarts.add();
    },
    ended: () => series.nodeUp.set(0),
    lapsed: () => series.lapses.add(),
    unread: (name: string) => series.unread.add({ node: name === 'own node' ? 'own' : 'witness' }),
    placed: ({ kind }: KeyName) => series.placed.add({ kind }),
    verdicts: (all: readonly Verdict[]) => {
      verdicts.set(pair, all);
      // The keys of the other validators are not awaited while a spare is active for one.
      keys(active === null ? [...verdicts.values()].flat() : (verdicts.get(active) ?? []));
    },
    standing: ({ role }: RoleStanding) => {
      if (pair === null) return;
      if (role === 'active') active = pair;
      else if (active === pair) active = null;
      series.active.set({ pair }, role === 'active' ? 1 : 0);
    },
    roleLost: () => series.roleLosses.add(),
    pairUnread: () => series.pairUnread.add(),
    fenced: (_machine: string, isOff: boolean) => series.fences.add({ result: isOff ? 'off' : 'unknown' }),
  });
  return { contentType, text, eventsOf };
}

export type GuardMetrics = ReturnType<typeof guardMetrics>;

/** If a counter were absent until its first event, `increase` would not show that event. */
function begin(series: Series, kinds: readonly string[]): void {
  series.nodeUp.set(0);
  for (const kind of kinds.filter((one) => KEY_KINDS.includes(one))) {
    series.placed.add({ kind }, 0);
    series.refusals.add({ kind }, 0);
  }
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
