import { createHash } from 'node:crypto';
import type { ElectionCalendar, SnapshotExtras } from '../chain/index.ts';
import { known } from '../facts/fact.ts';
import type { ChainPart, ChainReader } from '../jobs/job-ports.ts';
import { blankRecord } from '../snapshot/blank.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';

/** A day of Polkadot has this many relay blocks; the recorded chain has as many in one era. */
const ERA_BLOCKS = 14_400n;
const SESSIONS = 6;

/** How long an era lasts, and after how many eras the programme nominates again. */
export interface RecordedPace {
  readonly eraMs: number;
  readonly everyEras: number;
}

/**
 * A chain that repeats the facts of a snapshot era after era, to show a programme without any chain. Only the
 * eras, their first blocks and the places of nodes change; places are heard and looked up as on any chain.
 */
export function recordedChain(
  base: Snapshot,
  { eraMs, everyEras }: RecordedPace,
  nowMs: () => number,
): ChainReader {
  return {
    read: async () => partOf(base, { eraMs, everyEras }, nowMs()),
    faults: async (_candidates, from) => ({ faults: [], unread: [], next: from ?? '', behind: 0 }),
    faultsIn: async (_candidates, { to }) => ({ faults: [], unread: [], next: to + 1n }),
    amounts: async () => [],
  };
}

/** A moment of the recorded chain. */
interface RecordedMoment {
  readonly atMs: number;
  /** Eras since the snapshot was taken. */
  readonly passed: number;
  readonly era: number;
  /** When the era began. */
  readonly sinceMs: number;
  /** The relay height at which an era begins, by the number of eras since the snapshot. */
  readonly heightAt: (eras: number) => bigint;
}

function momentOf({ takenAtMs, eras }: Snapshot, eraMs: number, atMs: number): RecordedMoment {
  const passed = Math.floor(Math.max(0, atMs - takenAtMs) / eraMs);
  const first = eras.active.known ? eras.active.value : 0;
  const start = eras.firstBlock.known ? eras.firstBlock.value.number : 0n;
  return {
    atMs,
    passed,
    era: first + passed,
    sinceMs: takenAtMs + passed * eraMs,
    heightAt: (count) => start + ERA_BLOCKS * BigInt(count),
  };
}

function partOf(base: Snapshot, { eraMs, everyEras }: RecordedPace, atMs: number): ChainPart {
  const moment = momentOf(base, eraMs, atMs);
  const { era } = moment;
  const active = activeKeys(base, era);
  return {
    snapshot: snapshotAt(base, moment, everyEras),
    points: known(
      [{ era: era - 1, total: active.length * 20, points: new Map(active.map((key) => [key, 20])) }],
      'staking',
    ),
    claims: new Map(),
    activeSet: known(active, 'relay'),
    elected: known({ era, stashes: active }, 'staking'),
    calendar: known(calendarAt(base, moment, eraMs), 'relay'),
    pace: known({ sessions: 1, due: SESSIONS, overdueMs: 0, stalled: false }, 'staking'),
    failures: [],
    remember: null,
  };
}

function snapshotAt(
  base: Snapshot,
  { atMs, passed, era, sinceMs, heightAt }: RecordedMoment,
  everyEras: number,
): ChainPart['snapshot'] {
  return (candidates, extras) => ({
    ...base,
    takenAtMs: atMs,
    configVersion: extras.configVersion,
    network: { ...extras.network },
    sources: sourcesAt(base, extras, atMs),
    eras: {
      ...base.eras,
      active: known(era, 'staking'),
      activeSinceMs: known(sinceMs, 'staking'),
      current: known(era, 'staking'),
      firstBlock: known({ number: heightAt(passed), hash: hashOf(`first block of era ${era}`) }, 'relay'),
    },
    candidates: candidates.map((candidate) => {
      const record = recordOf(base, candidate.stashKey) ?? blankRecord(candidate);
      const { place } = extras.recordOf(candidate);
      const isNews = place !== undefined && (place.known || !record.place.known);
      return isNews ? { ...record, place } : record;
    }),
    nominators: base.nominators.map((nominator) => ({
      ...nominator,
      submittedIn: known(Math.max(0, era - everyEras), 'staking'),
    })),
  });
}

function sourcesAt({ sources }: Snapshot, extras: SnapshotExtras, atMs: number): Snapshot['sources'] {
  const all = {
    ...sources,
    programme: extras.sources.programme ?? sources.programme,
    places: extras.sources.places ?? sources.places,
  };
  return Object.fromEntries(
    Object.entries(all).flatMap(([name, source]) =>
      source === undefined ? [] : [[name, { ...source, atMs }]],
    ),
  );
}

function calendarAt(
  { takenAtMs }: Snapshot,
  { atMs, passed, era, sinceMs, heightAt }: RecordedMoment,
  eraMs: number,
): ElectionCalendar {
  const relayHeight = heightAt(passed) + (ERA_BLOCKS * BigInt(atMs - sinceMs)) / BigInt(eraMs);
  const beginOf = (eras: number) => ({
    slot: 0,
    atMs: takenAtMs + eras * eraMs,
    relayHeight: heightAt(eras),
  });
  return {
    now: { slot: 0, atMs, relayHeight },
    active: era,
    decided: null,
    upcoming: [
      { era: era + 1, snapshot: beginOf(passed + 1) },
      { era: era + 2, snapshot: beginOf(passed + 2) },
    ],
    eraEnds: beginOf(passed + 1),
  };
}

/** A hash determines the elected candidates of each era. */
function activeKeys({ candidates }: Snapshot, era: number): readonly string[] {
  return candidates
    .map(({ candidate }) => candidate.stashKey)
    .filter((key) => Number.parseInt(hashOf(`${era} ${key}`).slice(2, 4), 16) < 128);
}

function recordOf({ candidates }: Snapshot, stashKey: string) {
  return candidates.find(({ candidate }) => candidate.stashKey === stashKey);
}

function hashOf(what: string): string {
  return `0x${createHash('sha256').update(`recorded chain: ${what}`).digest('hex')}`;
}
