import { join } from 'node:path';
import { createVirtualClock } from '@watchbill/kit/testing';
import { known, presetProgramme, type Snapshot } from '@watchbill/nominate';
import { type SnapshotDesk, threadDesk } from '@watchbill/nominate/service';
import { type JobHarness, jobHarness, sampleElection, sampleSnapshot } from '@watchbill/nominate/testing';
import { atMost, type Budget, figure } from '@watchbill/testkit/bench/budgets';
import { type Report, table } from '@watchbill/testkit/bench/report';
import type { Stage } from '@watchbill/testkit/bench/stage';

const CANDIDATES = 1_000;
const NOMINATORS = 20;
const ELECTION = { seats: 600, voters: 22_000, votes: 16 } as const;
const LIMIT_MS = 60_000;
const BLOCKED_LIMIT_MS = 50;
const LOOK_MS = 1;
const JOBS = ['snapshot', 'history', 'standings', 'round'] as const;
/** After ten years: the periods that the database keeps, and the digest of those before. */
const PERIODS = 128;
const EARLIER = {
  untilEra: 2_070,
  periodCount: 3_522,
  nominatedPeriods: 1_200,
  rank: 4_000,
  rules: 'polkadot-rank-1',
};

interface Round {
  readonly processorMs: number;
  readonly wallMs: number;
  /** Of each job. */
  readonly blockedMs: Readonly<Record<string, number>>;
  readonly nominated: number;
}

/** The jobs on snapshots, and a round by simulated elections, at Polkadot's size after ten years. */
export async function measureNominateRound(stage: Stage): Promise<Report> {
  const snapshot = bigSnapshot();
  const round = await decide(snapshot, join(stage.folder, 'jobs.db'));
  const worst = Math.max(...Object.values(round.blockedMs));
  const budgets: readonly Budget[] = [
    atMost('roundProcessorMs', round.processorMs, LIMIT_MS, 'ms'),
    atMost('jobsBlockedMs', worst, BLOCKED_LIMIT_MS, 'ms'),
  ];
  const ms = (value: number) => figure(value, 'ms');
  const lines = table([
    [`${NOMINATORS} nominators, ${ELECTION.voters.toLocaleString('en')} voters`, 'processor', 'wall'],
    [`${round.nominated} nominated`, ms(round.processorMs), ms(round.wallMs)],
    ['longest block of the main thread', '', ''],
    ...JOBS.map((job) => [`  job ${job}`, '', ms(round.blockedMs[job] ?? 0)]),
  ]);
  return { figures: { ...round }, budgets, lines };
}

function bigSnapshot(): Snapshot {
  const snapshot = sampleSnapshot({ seed: 'bench', count: CANDIDATES, nominators: NOMINATORS });
  const targets = snapshot.candidates.map(({ candidate }) => candidate.stashKey);
  return { ...snapshot, election: known(sampleElection(targets, ELECTION), 'staking') };
}

async function decide(snapshot: Snapshot, file: string): Promise<Round> {
  const clock = createVirtualClock({ startMs: snapshot.takenAtMs });
  const world: { desk?: SnapshotDesk } = {};
  const harness = await jobHarness(world, clock, undefined, file);
  try {
    world.desk = threadDesk(harness.store, [], { file });
    const nominators = snapshot.nominators.map(({ name, stashKey }) => ({ name, stashKey }));
    harness.settings.programme = presetProgramme({ network: 'polkadot', profile: 'fair' }, nominators);
    harness.chainSays.snapshot = snapshot;
    harness.chainSays.list = listOf(snapshot);
    await age(harness, snapshot);
    // One pass compiles the code and leaves a snapshot to compare with.
    await harness.run('candidates', 'releases', 'snapshot', 'history', 'standings');
    await clock.advance(300_000);
    const blockedMs: Record<string, number> = {};
    const before = process.cpuUsage();
    let begunMs = performance.now();
    for (const job of JOBS) {
      begunMs = performance.now();
      const blocked = longestBlock();
      await harness.run(job);
      blockedMs[job] = blocked();
    }
    const { user, system } = process.cpuUsage(before);
    const made = await harness.store.rounds.newest();
    if (made === null || made.nominatedCount === 0) throw new Error('there is no round');
    return {
      processorMs: (user + system) / 1_000,
      wallMs: performance.now() - begunMs,
      blockedMs,
      nominated: made.nominatedCount,
    };
  } finally {
    await harness.close();
  }
}

function listOf({ candidates }: Snapshot): string {
  const entries = candidates.map(({ candidate: { slotId, name, stash, kyc, handles } }) => ({
    ...{ slotId, name, stash, kyc, riotHandle: handles[0] },
  }));
  return JSON.stringify({ candidates: entries });
}

/** Gives every candidate the history of ten years. */
async function age({ store }: JobHarness, { candidates }: Snapshot): Promise<void> {
  for (const { candidate } of candidates) {
    const periods = Array.from({ length: PERIODS }, (_, at) => {
      const era = EARLIER.untilEra + 1 + at;
      return { firstEra: era, lastEra: era, activeEras: at % 3 === 0 ? [] : [era], nominated: at % 5 === 0 };
    });
    await store.history.putEarlier(candidate.stashKey, EARLIER);
    await store.history.putPeriods(candidate.stashKey, periods);
  }
}

/** The most processor time of this thread without a turn of its event loop: load does not change it. */
function longestBlock(): () => number {
  let longestUs = 0;
  let last = threadUs();
  const look = () => {
    const now = threadUs();
    longestUs = Math.max(longestUs, now - last);
    last = now;
  };
  const timer = setInterval(look, LOOK_MS);
  return () => {
    clearInterval(timer);
    look();
    return longestUs / 1_000;
  };
}

function threadUs(): number {
  const { user, system } = process.threadCpuUsage();
  return user + system;
}
