import type { Flag } from '../tracker/flags.ts';
import type { TrackerMemory } from '../tracker/memory.ts';
import type { TrackerRules, Watched } from '../tracker/rules.ts';
import { openTracker, type TelemetryReport } from '../tracker/tracker.ts';
import { feedUrl, openFeed } from './feed.ts';
import type { FeedCounts } from './feed-reader.ts';
import { DEFAULT_LIMITS, type FeedLimits } from './limits.ts';

/** Feeds, the chain, and the watched candidates. */
export interface TelemetrySettings {
  readonly sources: readonly { readonly name: string; readonly url: string }[];
  /** `0x` and 64 hex digits. */
  readonly genesisHash: string;
  readonly watched: readonly Watched[];
  readonly rules?: Partial<TrackerRules>;
  readonly limits?: Partial<FeedLimits>;
  readonly memory?: TrackerMemory;
  /** Unix milliseconds; the system's clock if left out. */
  readonly nowMs?: () => number;
  /** In [0, 1); `Math.random` if left out. */
  readonly random?: () => number;
}

/** Running telemetry. */
export interface Telemetry {
  report(): TelemetryReport;
  flags(): readonly Flag[];
  watch(watched: readonly Watched[]): void;
  /** For storage over a restart. */
  memory(): TrackerMemory;
  /** Adopts the memory of another process with the same feeds, if it is newer than the one stored here. */
  adopt(memory: TrackerMemory): void;
  /** By source. */
  counts(): ReadonlyMap<string, FeedCounts>;
  /** Ends all connections. The data so far stays readable. */
  close(): Promise<void>;
}

const MOST_SOURCES = 64;

/**
 * Connects to the feeds. Throws a RangeError for invalid addresses, names or hashes; an unreachable feed is
 * retried.
 */
export function watchTelemetry(settings: TelemetrySettings): Telemetry {
  const { sources, watched, nowMs = Date.now, random = Math.random } = settings;
  const genesisHash = settings.genesisHash.toLowerCase();
  checkSettings(sources, genesisHash);
  const tracker = openTracker({
    ...{ genesisHash, watched, atMs: nowMs(), sources: sources.map(({ name }) => name) },
    ...(settings.rules === undefined ? {} : { rules: settings.rules }),
    ...(settings.memory === undefined ? {} : { memory: settings.memory }),
  });
  const limits = { ...DEFAULT_LIMITS, ...settings.limits };
  const feeds = new Map(
    sources.map(({ name, url }) => [
      name,
      openFeed({
        ...{ name, url, genesisHash, limits, random },
        event: (event) => tracker.take(name, event, nowMs()),
      }),
    ]),
  );
  return {
    report: () => tracker.report(nowMs()),
    flags: () => tracker.flags(nowMs()),
    watch: (next) => tracker.watch(next, nowMs()),
    memory: () => tracker.memory(nowMs()),
    adopt: (memory) => tracker.adopt(memory, nowMs()),
    counts: () => new Map([...feeds].map(([name, feed]) => [name, feed.counts()])),
    close: async () => {
      await Promise.all([...feeds.values()].map((feed) => feed.close()));
    },
  };
}

function checkSettings(sources: TelemetrySettings['sources'], genesisHash: string): void {
  if (!/^0x[0-9a-f]{64}$/.test(genesisHash))
    throw new RangeError('telemetry needs the genesis hash of the chain: 0x and 64 hex digits');
  if (sources.length === 0 || sources.length > MOST_SOURCES)
    throw new RangeError(`telemetry needs 1 to ${MOST_SOURCES} sources, and has ${sources.length}`);
  if (new Set(sources.map(({ name }) => name)).size < sources.length)
    throw new RangeError('two telemetry sources have one name: give each its own');
  for (const { name, url } of sources) feedUrl(name, url);
}
