import type { Fault } from '../../snapshot/history-shapes.ts';
import type { Snapshot } from '../../snapshot/snapshot.ts';
import { ascending, quantile } from '../../statistics/quantile.ts';
import type { JobRow, PayoutRow, ProgrammeStore } from '../../storage/port.ts';
import { DAY_MS, HOUR_MS, NOON_MS } from '../records.ts';

const ERA = 2_200;
const ERAS = 84;
const MINUTE_MS = 60_000;

/** Points, payouts, faults, places, releases, jobs and notices of an invented programme. */
export async function fillHistory(store: ProgrammeStore, snapshot: Snapshot): Promise<void> {
  for (let era = ERA - ERAS; era < ERA; era += 1) {
    const rows = snapshot.candidates.flatMap(({ candidate, erasWithPoints }, at) =>
      erasWithPoints.known && erasWithPoints.value.includes(era)
        ? [{ era, stashKey: candidate.stashKey, points: 20 * (1_000 + ((at * 37 + era * 11) % 500)) }]
        : [],
    );
    const sorted = ascending(rows.map(({ points }) => points));
    const total = sorted.reduce((sum, points) => sum + points, 0);
    const median = quantile(sorted, 0.5) ?? 0;
    await store.points.putEra({ era, total, validators: rows.length, median }, rows);
  }
  for (const [at, { candidate, history, place }] of snapshot.candidates.entries()) {
    if (at % 6 === 0) await store.history.addFaults(candidate.stashKey, faultsOf(at));
    await store.history.putPeriods(candidate.stashKey, history.periods);
    if (place.known && place.value !== null) await store.places.put(candidate.stashKey, place.value, NOON_MS);
  }
  await store.payouts.put(
    snapshot.candidates.slice(0, 60).flatMap(({ candidate }, at) => payoutsOf(candidate.stashKey, at)),
  );
  await store.releases.put([
    { client: 'Parity Polkadot', version: '1.20.0', publishedAtMs: NOON_MS - 10 * DAY_MS },
    { client: 'Parity Polkadot', version: '1.19.2', publishedAtMs: NOON_MS - 50 * DAY_MS },
    { client: 'Kagome Node', version: '0.9.7', publishedAtMs: NOON_MS - 30 * DAY_MS },
  ]);
  for (const job of JOBS) await store.jobs.put(job);
  await store.notices.put({
    key: 'payouts unclaimed',
    severity: 'warning',
    text: 'pages of rewards expire in 4 eras',
    openSinceMs: NOON_MS - 6 * HOUR_MS,
    lastSentMs: NOON_MS - 6 * HOUR_MS,
    closedMs: null,
    count: 1,
  });
}

function faultsOf(at: number): readonly Fault[] {
  const era = ERA - 3 - (at % 40);
  const atMs = NOON_MS - (ERA - era) * DAY_MS;
  const missed: Fault = {
    kind: 'missed-era-points',
    era,
    atMs,
    reason: `it was active in era ${era} and has no points`,
    evidence: [{ fact: 'erasRewardPoints', value: '0', source: 'staking' }],
  };
  const away: Fault = {
    kind: 'offline',
    era: era - 2,
    atMs: atMs - 2 * DAY_MS,
    reason: 'telemetry did not see it for 5 h 12 min',
    evidence: [{ fact: 'sighting', value: 'offline', source: 'telemetry' }],
  };
  return at % 12 === 0 ? [missed, away] : [missed];
}

function payoutsOf(stashKey: string, at: number): readonly PayoutRow[] {
  return Array.from({ length: 5 }, (_, n) => ({
    stashKey,
    era: ERA - 1 - n,
    page: n % 2,
    state: (at + n) % 3 === 0 ? ('unclaimed' as const) : ('claimed' as const),
    amount: n === 4 ? null : BigInt(1_234_567_890 + at * 1_000 + n),
    amountWhy: n === 4 ? 'a page of its exposure is missing' : null,
    expiresEra: ERA - 1 - n + ERAS,
  }));
}

function job(name: string, detail: string, change: Partial<JobRow> = {}): JobRow {
  return {
    name,
    state: 'succeeded',
    progress: null,
    detail,
    runCount: 412,
    failureCount: 2,
    startedMs: NOON_MS - 3 * MINUTE_MS,
    endedMs: NOON_MS - 2 * MINUTE_MS,
    nextMs: NOON_MS + 8 * MINUTE_MS,
    error: null,
    ...change,
  };
}

const JOBS: readonly JobRow[] = [
  job('snapshot', 'read 3 roles in 61 calls'),
  job('standings', 'judged every candidate of the newest snapshot'),
  job('places', '55 of 84 addresses', { state: 'running', progress: 0.65, endedMs: null, nextMs: null }),
  job('round', 'no nominator is due before era 2204'),
  job('payouts', '', {
    state: 'failed',
    failureCount: 3,
    error: 'timeout: the endpoint of the role staking did not answer within 30 s; see whether it is up',
  }),
  job('releases', 'nothing new', { runCount: 51, failureCount: 0, nextMs: NOON_MS + 3 * HOUR_MS }),
  job('retention', 'waits for its hour', {
    state: 'idle',
    runCount: 0,
    failureCount: 0,
    startedMs: null,
    endedMs: null,
  }),
];
