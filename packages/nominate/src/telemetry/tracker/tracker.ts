import type { Fact } from '../../facts/fact.ts';
import type { Sighting } from '../../snapshot/record-shapes.ts';
import type { FeedAction, NodeLocation } from '../feed/actions.ts';
import { adoptMemory } from './adopt.ts';
import { passDue, passNamesOn } from './due.ts';
import { type Flag, flagsOf } from './flags.ts';
import { hear } from './hearing.ts';
import { registerOf } from './matching.ts';
import { rememberTracker, type TrackerMemory } from './memory.ts';
import { type Outages, outagesFrom } from './outages.ts';
import type { Interval } from './person.ts';
import { DEFAULT_RULES, type TrackerRules, type Watched } from './rules.ts';
import { sightingOf, whereaboutsOf } from './sighting.ts';
import { newSource, type Source } from './source.ts';
import { goDown, type Tracking } from './turns.ts';
import { absentAtOf, forgetRetired, personFrom, watchOthers } from './watching.ts';

/** An event at a source: an action of its feed, or the loss of the connection. */
export type TrackerEvent = FeedAction | { readonly kind: 'disconnected' };

export interface TrackerSettings {
  /** The chain that is watched. */
  readonly genesisHash: string;
  /** Names of the feeds; unique. */
  readonly sources: readonly string[];
  readonly watched: readonly Watched[];
  /** Now, in Unix milliseconds. */
  readonly atMs: number;
  readonly rules?: Partial<TrackerRules>;
  /** The memory of an earlier tracker. */
  readonly memory?: TrackerMemory;
}

/** The current state of a feed. */
export interface SourceReport {
  readonly name: string;
  /** `doubted`: connected, but it lost too many nodes at once. */
  readonly state: 'down' | 'settling' | 'hearing' | 'doubted';
  readonly sinceMs: number;
  readonly nodes: number;
  /** Nodes above the bound, which are not kept. */
  readonly overflow: number;
}

/** The telemetry part of a snapshot, at one moment. */
export interface TelemetryReport {
  readonly atMs: number;
  readonly watchedSinceMs: number | null;
  readonly outages: readonly Interval[];
  /** By key of the candidate. */
  readonly sightings: ReadonlyMap<string, Fact<Sighting | null>>;
  /** Locations of candidates' nodes that are online now, by key; absent if no server located the node. */
  readonly locations: ReadonlyMap<string, NodeLocation>;
  /**
   * Their addresses, by key; absent if the server does not publish them. For lookups only: never stored or
   * shown.
   */
  readonly addresses: ReadonlyMap<string, string>;
  readonly sources: readonly SourceReport[];
}

/**
 * Which candidates are online, as far as the feeds show. It has no clock: every event carries its time, and a
 * time that goes back counts as unchanged.
 */
export interface Tracker {
  take(source: string, event: TrackerEvent, atMs: number): void;
  /**
   * Replaces the watched candidates. Data of a key that was watched before is kept, for `keepMs` also if it
   * was left out for a while.
   */
  watch(watched: readonly Watched[], atMs: number): void;
  report(atMs: number): TelemetryReport;
  flags(atMs: number): readonly Flag[];
  memory(atMs: number): TrackerMemory;
  /**
   * Adopts the memory of another tracker of the same feeds, if it is newer than the last one saved or adopted
   * here.
   */
  adopt(memory: TrackerMemory, atMs: number): void;
}

const SECOND_MS = 1_000;

/** Opens a tracker: all sources are down, and only the data in `memory` is known. */
export function openTracker(settings: TrackerSettings): Tracker {
  const rules: TrackerRules = { ...DEFAULT_RULES, ...settings.rules };
  const { memory } = settings;
  const tracking = trackingOf(settings, rules);
  const { people, retired, sources } = tracking;
  const outages = outagesOf(settings, rules);
  let nowMs = Math.max(settings.atMs, memory?.savedAtMs ?? 0);
  let namesPassedAtMs = nowMs;
  let savedAtMs = memory?.savedAtMs ?? 0;

  /** Everything that was due up to now, each at its own moment. */
  function advance(atMs: number): void {
    const beforeMs = nowMs;
    nowMs = Math.max(nowMs, atMs);
    passDue(tracking, nowMs, (dueMs) => outages.update(sources.values(), dueMs));
    // Once a second is enough: a flood comes within one.
    if (Math.floor(beforeMs / SECOND_MS) === Math.floor(nowMs / SECOND_MS)) return;
    passNamesOn(tracking, namesPassedAtMs, nowMs);
    namesPassedAtMs = nowMs;
  }

  return {
    take: (name, event, atMs) => {
      const source = sources.get(name);
      if (source === undefined) throw new RangeError(`"${name}" is not a source of this tracker`);
      advance(atMs);
      if (event.kind === 'disconnected') goDown(tracking, source, nowMs);
      else hear(tracking, source, event, nowMs);
      outages.update(sources.values(), nowMs);
    },
    watch: (watched, atMs) => {
      advance(atMs);
      watchOthers(tracking, watched, nowMs);
    },
    report: (atMs) => {
      advance(atMs);
      return reportOf(tracking, outages, nowMs);
    },
    flags: (atMs) => {
      advance(atMs);
      return flagsOf(people.values(), [...sources.values()], rules, nowMs);
    },
    memory: (atMs) => {
      advance(atMs);
      const { watchedSinceMs, list } = outages;
      savedAtMs = nowMs;
      forgetRetired(retired, rules, nowMs);
      return rememberTracker({ people: people.values(), retired: retired.values() }, nowMs, {
        watchedSinceMs: watchedSinceMs(),
        outages: list(nowMs),
      });
    },
    adopt: (told, atMs) => {
      if (told.savedAtMs <= savedAtMs) return;
      advance(Math.max(atMs, told.savedAtMs));
      adoptMemory(tracking, outages, told, nowMs);
      savedAtMs = told.savedAtMs;
    },
  };
}

function trackingOf(settings: TrackerSettings, rules: TrackerRules): Tracking {
  const genesisHash = settings.genesisHash.toLowerCase();
  const sources = new Map(settings.sources.map((name) => [name, newSource(name, settings.atMs, rules)]));
  const retired = new Map((settings.memory?.people ?? []).map((each) => [each.key, each]));
  const absentAt = absentAtOf(sources);
  const people = new Map(
    settings.watched.map((each) => [each.key, personFrom(each, retired, absentAt, rules)]),
  );
  return { genesisHash, rules, people, retired, sources, register: registerOf(people.values()) };
}

function outagesOf({ memory, atMs }: TrackerSettings, rules: TrackerRules): Outages {
  const before = memory ?? { watchedSinceMs: null, outages: [] };
  return outagesFrom(before, rules, memory?.savedAtMs ?? atMs);
}

function reportOf(
  { people, rules, sources }: Tracking,
  outages: Outages,
  nowMs: number,
): ReturnType<Tracker['report']> {
  const known = outages.list(nowMs);
  const deaf = [...sources.values()].filter((each) => each.deafSinceMs !== null).map(({ name }) => name);
  const context = { atMs: nowMs, rules, outages: known, deaf };
  const where = [...people].map(([key, person]) => [key, whereaboutsOf(person, context)] as const);
  return {
    atMs: nowMs,
    watchedSinceMs: outages.watchedSinceMs(),
    outages: known,
    sightings: new Map([...people].map(([key, person]) => [key, sightingOf(person, context)])),
    locations: new Map(
      where.flatMap(([key, { location }]) => (location === null ? [] : [[key, location] as const])),
    ),
    addresses: new Map(where.flatMap(([key, { ip }]) => (ip === null ? [] : [[key, ip] as const]))),
    sources: [...sources.values()].map(sourceReport),
  };
}

function sourceReport(source: Source): SourceReport {
  const { name, phase, doubt, phaseSinceMs, listings, overflowCount } = source;
  const isDoubted = doubt !== null && phase === 'hearing';
  return {
    name,
    state: isDoubted ? 'doubted' : phase,
    sinceMs: isDoubted ? doubt.fromMs : phaseSinceMs,
    nodes: listings.size + overflowCount,
    overflow: overflowCount,
  };
}
