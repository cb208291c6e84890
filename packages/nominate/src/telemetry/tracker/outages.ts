import { after, before, joined } from './cut.ts';
import type { Interval } from './person.ts';
import type { TrackerRules } from './rules.ts';
import type { Source } from './source.ts';

/** Times in which no source was connected and trusted. */
export interface Outages {
  /** Updates from the current state of the sources. */
  update(sources: Iterable<Source>, atMs: number): void;
  /** The memory of another tracker counts up to the cut. */
  adopt(memory: OutageMemory, cutMs: number): void;
  /** All outages; the current one ends at `atMs`. */
  list(atMs: number): readonly Interval[];
  /** Since when any source was connected; null for never. */
  watchedSinceMs(): number | null;
}

export interface OutageMemory {
  readonly watchedSinceMs: number | null;
  readonly outages: readonly Interval[];
}

export function outagesFrom(memory: OutageMemory, rules: TrackerRules, openSinceMs: number): Outages {
  let { watchedSinceMs } = memory;
  let past: readonly Interval[] = memory.outages;
  let openFromMs: number | null = watchedSinceMs === null ? null : openSinceMs;
  return {
    update: (sources, atMs) => {
      const deaf = [...sources].map(({ deafSinceMs }) => deafSinceMs);
      const isDeaf = deaf.every((each) => each !== null);
      if (!isDeaf) watchedSinceMs ??= atMs;
      if (isDeaf && openFromMs === null && watchedSinceMs !== null)
        openFromMs = Math.max(watchedSinceMs, ...deaf.map((each) => each ?? 0));
      if (!isDeaf && openFromMs !== null) {
        past = [...past, { fromMs: openFromMs, toMs: Math.max(openFromMs, atMs) }]
          .filter(({ toMs }) => toMs > atMs - rules.keepMs)
          .slice(-rules.mostOutages);
        openFromMs = null;
      }
    },
    adopt: (told, cutMs) => {
      if (told.watchedSinceMs !== null)
        watchedSinceMs = Math.min(told.watchedSinceMs, watchedSinceMs ?? told.watchedSinceMs);
      past = joined(before(told.outages, cutMs), after(past, cutMs)).slice(-rules.mostOutages);
      if (openFromMs === null || openFromMs > cutMs) return;
      const last = past.at(-1);
      openFromMs = last?.toMs === cutMs ? last.fromMs : cutMs;
      if (last?.toMs === cutMs) past = past.slice(0, -1);
    },
    list: (atMs) =>
      openFromMs === null ? past : [...past, { fromMs: openFromMs, toMs: Math.max(openFromMs, atMs) }],
    watchedSinceMs: () => watchedSinceMs,
  };
}

/** Whether outages cover the whole interval. */
export function isCovered({ fromMs, toMs }: Interval, outages: readonly Interval[]): boolean {
  let reachedMs = fromMs;
  for (const outage of outages.toSorted((a, b) => a.fromMs - b.fromMs)) {
    if (outage.fromMs > reachedMs) break;
    reachedMs = Math.max(reachedMs, outage.toMs);
  }
  return reachedMs >= toMs;
}
