import { createHash } from 'node:crypto';
import { known } from '../facts/fact.ts';
import type { ChainPart, ChainReader } from '../jobs/ports.ts';
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

function partOf(base: Snapshot, { eraMs, everyEras }: RecordedPace, atMs: number): ChainPart {
  const elapsedMs = Math.max(0, atMs - base.takenAtMs);
  const passed = Math.floor(elapsedMs / eraMs);
  const first = base.eras.active.known ? base.eras.active.value : 0;
  const era = first + passed;
  const sinceMs = base.takenAtMs + passed * eraMs;
  const start = base.eras.firstBlock.known ? base.eras.firstBlock.value.number : 0n;
  const heightAt = (eras: number): bigint => start + ERA_BLOCKS * BigInt(eras);
  const relayHeight = heightAt(passed) + (ERA_BLOCKS * BigInt(atMs - sinceMs)) / BigInt(eraMs);
  const moment = (eras: number) => ({
    slot: 0,
    atMs: base.takenAtMs + eras * eraMs,
    relayHeight: heightAt(eras),
  });
  const active = activeKeys(base, era);
  return {
    snapshot: (candidates, extras) => ({
      ...base,
      takenAtMs: atMs,
      configVersion: extras.configVersion,
      network: { ...extras.network },
      sources: Object.fromEntries(
        Object.entries({
          ...base.sources,
          programme: extras.sources.programme ?? base.sources.programme,
          places: extras.sources.places ?? base.sources.places,
        }).flatMap(([name, source]) => (source === undefined ? [] : [[name, { ...source, atMs }]])),
      ),
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
    }),
    points: known(
      [{ era: era - 1, total: active.length * 20, points: new Map(active.map((key) => [key, 20])) }],
      'staking',
    ),
    claims: new Map(),
    activeSet: known(active, 'relay'),
    elected: known({ era, stashes: active }, 'staking'),
    calendar: known(
      {
        now: { slot: 0, atMs, relayHeight },
        active: era,
        decided: null,
        upcoming: [
          { era: era + 1, snapshot: moment(passed + 1) },
          { era: era + 2, snapshot: moment(passed + 2) },
        ],
        eraEnds: moment(passed + 1),
      },
      'relay',
    ),
    pace: known({ sessions: 1, due: SESSIONS, overdueMs: 0, stalled: false }, 'staking'),
    failures: [],
    remember: null,
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
