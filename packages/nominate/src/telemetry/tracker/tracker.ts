import type { Fact } from '../../facts/fact.ts';
import type { Sighting } from '../../snapshot/record-shapes.ts';
import type { FeedAction, NodeLocation } from '../feed/actions.ts';
import { adoptMemory } from './adopt.ts';
import { passDue, passNamesOn } from './due.ts';
import { type Flag, flagsOf } from './flags.ts';
import { hear } from './hearing.ts';
import { registerOf } from './matching.ts';
import { rememberTracker, type TrackerMemory } from './memory.ts';
import { outagesFrom } from './outages.ts';
import type { Interval } from './person.ts';
import { DEFAULT_RULES, type TrackerRules, type Watched } from './rules.ts';
import { sightingOf, whereaboutsOf } from './sighting.ts';
import { newSource, type Source } from './source.ts';
import { goDown, type Tracking } from './turns.ts';
import { absentAtOf, forgetRetired, personFrom, watchOthers } from './watching.ts';

/** What happens at a source: an action of its feed, or the loss of the connection. */
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
  /** What an earlier tracker remembered. */
  readonly memory?: TrackerMemory;
}

/** A feed, as it stands. */
export interface SourceReport {
  readonly name: string;
  /** `doubted`: heard, but it lost too many nodes at once. */
  readonly state: 'down' | 'settling' | 'hearing' | 'doubted';
  readonly sinceMs: number;
  readonly nodes: number;
  /** Nodes that were too many to be kept. */
  readonly overflow: number;
}

/** All that a snapshot asks of telemetry, at one moment. */
export interface TelemetryReport {
  readonly atMs: number;
  readonly watchedSinceMs: number | null;
  readonly outages: readonly Interval[];
  /** By key of the candidate. */
  readonly sightings: ReadonlyMap<string, Fact<Sighting | null>>;
  /** Where the nodes of candidates stand that are online now, by key; those that no server located are absent. */
  readonly locations: ReadonlyMap<string, NodeLocation>;
  /** From where they report, by key; those whose server does not show it are absent. For lookups alone: never stored, never shown. */
  readonly addresses: ReadonlyMap<string, string>;
  readonly sources: readonly SourceReport[];
}

/**
 * Who is online, as far as the feeds were heard. It holds no clock: every event carries its time, and time that goes back stands still.
 */
export interface Tracker {
  take(source: string, event: TrackerEvent, atMs: number): void;
  /** Other candidates from now on. Those with a key that was there before keep what is known of them, within `keepMs` even if they were left out for a while. */
  watch(watched: readonly Watched[], atMs: number): void;
  report(atMs: number): TelemetryReport;
  flags(atMs: number): readonly Flag[];
  memory(atMs: number): TrackerMemory;
  /** What another tracker of the same feeds remembered, if it is newer than what was last saved or taken over here. */
  adopt(memory: TrackerMemory, atMs: number): void;
}

const SECOND_MS = 1_000;

/** Opens a tracker: all sources are down, and nothing is known of anybody but what `memory` holds. */
export function openTracker(settings: TrackerSettings): Tracker {
  const rules: TrackerRules = { ...DEFAULT_RULES, ...settings.rules };
  const genesisHash = settings.genesisHash.toLowerCase();
  const sources = new Map(settings.sources.map((name) => [name, newSource(name, settings.atMs, rules)]));
  const { memory } = settings;
  const retired = new Map((memory?.people ?? []).map((each) => [each.key, each]));
  const absentAt = absentAtOf(sources);
  const people = new Map(
    settings.watched.map((each) => [each.key, personFrom(each, retired, absentAt, rules)]),
  );
  const outages = outagesFrom(
    memory ?? { watchedSinceMs: null, outages: [] },
    rules,
    memory?.savedAtMs ?? settings.atMs,
  );
  const register = registerOf(people.values());
  const tracking: Tracking = { genesisHash, rules, people, retired, sources, register };
  let nowMs = Math.max(settings.atMs, memory?.savedAtMs ?? 0);
  let namesPassedAtMs = nowMs;
  let savedAtMs = memory?.savedAtMs ?? 0;

  /** Everything that was due up to now, each at its own moment. */
  function advance(atMs: number): void {
    const beforeMs = nowMs;
    nowMs = Math.max(nowMs, atMs);
    passDue(tracking, nowMs, (dueMs) => outages.update(sources.values(), dueMs));
    // Once a second is enough, and a flood comes within one.
    if (Math.floor(beforeMs / SECOND_MS) === Math.floor(nowMs / SECOND_MS)) return;
    passNamesOn(tracking, namesPassedAtMs, nowMs);
    namesPassedAtMs = nowMs;
  }

  return {
    take: (name, event, atMs) => {
      const source = sources.get(name);
      if (source === undefined) throw new RangeError(`"${name}" is no source of this tracker`);
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
