import { createHash } from 'node:crypto';
import type { CandidateRecord, Fact } from '../../index.ts';

export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;

/** The moment of every example: 20 November 2026, noon UTC. */
export const TAKEN_AT_MS = Date.UTC(2026, 10, 20, 12);

/** The inputs for the facts of an example. */
export interface Scene {
  readonly prefix: number;
  readonly unit: bigint;
  /** The own stake that a candidate must have bonded, in tokens. */
  readonly ownTokens: number;
  readonly commissionPerbill: number;
  /** The eras that were read, oldest first. */
  readonly eras: readonly number[];
  /** Eras in a period of the rank. */
  readonly periodEras: number;
}

/** Invented towns and hosts. */
const TOWNS = ['Northhaven', 'Eastmole', 'Southquay', 'Westpier', 'Midreach', 'Farholm'];
const HOSTS = ['Example Hosting A', 'Example Hosting B', 'Example Hosting C', 'own rack'];

/** The key of something invented: the same for the same name. */
export function inventedKey(what: string): string {
  return `0x${createHash('sha256').update(`watchbill example: ${what}`).digest('hex')}`;
}

/** A draw in [0, 1), the same for the same name. */
function drawn(what: string): number {
  return Number.parseInt(inventedKey(what).slice(2, 10), 16) / 2 ** 32;
}

function pick(list: readonly string[], what: string): string {
  return list[Math.floor(drawn(what) * list.length)] ?? '';
}

function known<Value>(value: Value, from: string): Fact<Value> {
  return { known: true, value, from };
}

/** A candidate that passes every check, with uneven facts that follow from its name. */
export function exampleRecord(candidate: CandidateRecord['candidate'], scene: Scene): CandidateRecord {
  const { name } = candidate;
  const { eras, unit, ownTokens, commissionPerbill } = scene;
  const share = 0.2 + 0.8 * drawn(`${name} share`);
  const active = eras.filter((era) => drawn(`${name} era ${era}`) < share);
  const account = inventedKey(`${name} identity`);
  return {
    candidate,
    lastSettled: 'valid',
    validating: known(true, 'staking'),
    prefs: known({ commissionPerbill, blocked: false }, 'staking'),
    selfStake: known(BigInt(Math.floor(ownTokens * (1.1 + 3 * drawn(`${name} stake`)))) * unit, 'staking'),
    identity: known({ account, display: name, isSub: false, judgements: ['Reasonable'] }, 'identity'),
    sessionKeys: known({ grandpa: inventedKey(`${name} grandpa`), beefy: `0x02${'ab'.repeat(32)}` }, 'relay'),
    sighting: known(sightingOf(name), 'telemetry'),
    place: known(placeOf(name), 'places'),
    unclaimedEras: known([], 'staking'),
    erasWithPoints: known(active, 'staking'),
    kusama: known(null, 'programme'),
    backing: known(backingOf(name, unit), 'staking'),
    history: {
      periods: periodsOf(active, scene),
      faults: [],
      lastNominatedEra: drawn(`${name} last`) < 0.4 ? (eras.at(-10) ?? null) : null,
      nominationCount: Math.floor(drawn(`${name} times`) * 12),
    },
  };
}

function sightingOf(name: string) {
  const wentMs = TAKEN_AT_MS - 3 * DAY_MS;
  const away = drawn(`${name} away`) < 0.3;
  return {
    matchedBy: 'network-id' as const,
    online: true,
    sinceMs: TAKEN_AT_MS - DAY_MS * Math.floor(2 + 30 * drawn(`${name} since`)),
    firstSeenMs: TAKEN_AT_MS - DAY_MS * Math.floor(40 + 800 * drawn(`${name} first`)),
    offline: away ? [{ fromMs: wentMs, toMs: wentMs + Math.floor(HOUR_MS * drawn(`${name} gap`)) }] : [],
    implementation: drawn(`${name} client`) < 0.8 ? 'Parity Polkadot' : 'Kagome Node',
    version: '1.20.1',
  };
}

function placeOf(name: string) {
  const city = pick(TOWNS, `${name} town`);
  return {
    city,
    region: `${city} Region`,
    country: city.slice(0, 2).toUpperCase(),
    provider: pick(HOSTS, `${name} host`),
  };
}

function backingOf(name: string, unit: bigint) {
  const backers = [0, 1, 2].map((n) => ({
    who: inventedKey(`${name} backer ${n}`),
    bonded: BigInt(Math.floor(1e6 * drawn(`${name} bonded ${n}`))) * unit,
  }));
  return { active: backers.slice(0, 1), inactive: backers.slice(1) };
}

function periodsOf(active: readonly number[], { eras, periodEras }: Scene) {
  const firsts = eras.filter((_era, at) => at % periodEras === 0);
  return firsts.map((firstEra) => {
    const lastEra = firstEra + periodEras - 1;
    const activeEras = active.filter((era) => era >= firstEra && era <= lastEra);
    return { firstEra, lastEra, activeEras, nominated: activeEras.length > 0 };
  });
}
