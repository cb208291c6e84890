import type { AddedNode, NodeDetails } from '../../feed/actions.ts';
import type { TrackerRules, Watched } from '../rules.ts';
import { openTracker, type Tracker, type TrackerEvent } from '../tracker.ts';

export const GENESIS = `0x${'5a'.repeat(32)}`;
/** A start time other than 0. */
export const START_MS = 1_700_000_000_000;
export const SETTLE_MS = 60_000;

/** A node as a feed adds it. */
export function added(id: number, details: Partial<NodeDetails> = {}, startedAtMs = START_MS): AddedNode {
  const name = details.name ?? `node ${id}`;
  return {
    ...{ kind: 'added-node', id, startedAtMs, location: null, benchmark: null },
    details: {
      ...{ name, implementation: 'Parity Polkadot', version: '1.19.0', validatorAddress: null },
      ...{ networkId: `12D3KooW${name}`, ip: null, systemInfo: null },
      ...details,
    },
    stats: { peers: 0, transactions: 0 },
    io: { stateCacheBytes: [] },
    hardware: { upload: [], download: [], stampsMs: [] },
    block: { height: 0, hash: `0x${'0'.repeat(64)}`, blockTimeMs: 0, atMs: START_MS, propagationMs: null },
  };
}

/** A node that leaves a feed. */
export const gone = (id: number) => ({ kind: 'removed-node', id }) as const;
export const DOWN = { kind: 'disconnected' } as const;
export const SUBSCRIBED = { kind: 'subscribed-to', genesisHash: GENESIS } as const;

/** A tracker whose events carry seconds since {@link START_MS}. */
export interface Scene {
  readonly tracker: Tracker;
  say(seconds: number, event: TrackerEvent, source?: string): void;
  /** Subscribed `SETTLE_MS` before the given second, so that the source counts as heard from then on. */
  hear(seconds: number, source?: string): void;
  sighting(seconds: number, key?: string): ReturnType<typeof sightingIn>;
}

interface Setting {
  readonly sources?: readonly string[];
  /** The sources that are heard from second 0 on; all of them unless given. */
  readonly heard?: readonly string[];
  readonly rules?: Partial<TrackerRules>;
}

export function scene(
  watched: readonly Watched[],
  { sources = ['a'], heard = sources, rules = {} }: Setting = {},
): Scene {
  const tracker = openTracker({
    ...{ genesisHash: GENESIS, sources, watched, atMs: START_MS - 10 * SETTLE_MS },
    rules: { settleMs: SETTLE_MS, ...rules },
  });
  const [first = 'a'] = sources;
  const hear: Scene['hear'] = (seconds, source = first) =>
    tracker.take(source, { kind: 'subscribed-to', genesisHash: GENESIS }, at(seconds) - SETTLE_MS);
  for (const source of heard) hear(0, source);
  return {
    tracker,
    say: (seconds, event, source = first) => tracker.take(source, event, at(seconds)),
    hear,
    sighting: (seconds, key = watched[0]?.key ?? '') => sightingIn(tracker, key, at(seconds)),
  };
}

export function at(seconds: number): number {
  return START_MS + seconds * 1_000;
}

function sightingIn(tracker: Tracker, key: string, atMs: number) {
  const fact = tracker.report(atMs).sightings.get(key);
  if (fact === undefined) throw new Error(`"${key}" is not watched`);
  return fact;
}

/** The sighting with seconds: `online since 3`, `offline since 9, away 1-2 5-7`, `unknown`, `never seen`. */
export function words(fact: ReturnType<typeof sightingIn>): string {
  if (!fact.known) return 'unknown';
  if (fact.value === null) return 'never seen';
  const { online, sinceMs, offline } = fact.value;
  const seconds = (atMs: number): number => (atMs - START_MS) / 1_000;
  const away = offline.map(({ fromMs, toMs }) => ` ${seconds(fromMs)}-${seconds(toMs)}`).join('');
  return `${online ? 'online' : 'offline'} since ${seconds(sinceMs)}${away === '' ? '' : `, away${away}`}`;
}
