import { createVirtualClock } from '@watchbill/base/testing';
import { encodeSnapshot, known, presetProgramme, type Snapshot } from '@watchbill/nominate';
import { type SnapshotDesk, threadDesk } from '@watchbill/nominate/service';
import { jobHarness, sampleElection, sampleSnapshot } from '@watchbill/nominate/testing';
import { type Budget, figure } from './budgets.ts';
import { describeMachine, machineLines } from './machine.ts';
import { type Report, table } from './report.ts';
import type { Stage } from './stage.ts';

const CANDIDATES = 1_000;
const NOMINATORS = 20;
const ELECTION = { seats: 600, voters: 22_000, votes: 16 } as const;
const LIMIT_MS = 60_000;
const BLOCKED_LIMIT_MS = 50;
const LOOK_MS = 1;

interface Round {
  readonly processorMs: number;
  readonly wallMs: number;
  readonly blockedMs: number;
  readonly nominated: number;
}

/** A round as the service decides it, at Polkadot's size: by simulated elections, in the job `round`. */
export async function measureNominateRound(stage: Stage): Promise<Report> {
  const machine = describeMachine(stage.folder);
  const snapshot = bigSnapshot();
  const round = await decide(snapshot);
  const budgets: readonly Budget[] = [
    { name: 'roundProcessorMs', value: round.processorMs, limit: LIMIT_MS, bound: 'at most', unit: 'ms' },
    { name: 'roundBlockedMs', value: round.blockedMs, limit: BLOCKED_LIMIT_MS, bound: 'at most', unit: 'ms' },
  ];
  const lines = table([
    [
      `${NOMINATORS} nominators, ${ELECTION.voters.toLocaleString('en')} voters`,
      'processor',
      'wall',
      'blocked',
    ],
    [
      `${round.nominated} nominated`,
      ...[round.processorMs, round.wallMs, round.blockedMs].map((value) => figure(value, 'ms')),
    ],
  ]);
  return { figures: { ...round, machine }, budgets, lines: [...machineLines(machine), '', ...lines] };
}

function bigSnapshot(): Snapshot {
  const snapshot = sampleSnapshot({ seed: 'bench', count: CANDIDATES, nominators: NOMINATORS });
  const targets = snapshot.candidates.map(({ candidate }) => candidate.stashKey);
  return { ...snapshot, election: known(sampleElection(targets, ELECTION), 'staking') };
}

async function decide(snapshot: Snapshot): Promise<Round> {
  const clock = createVirtualClock({ startMs: snapshot.takenAtMs });
  const world: { desk?: SnapshotDesk } = {};
  const harness = await jobHarness(world, clock);
  try {
    world.desk = threadDesk(harness.store, []);
    const nominators = snapshot.nominators.map(({ name, stashKey }) => ({ name, stashKey }));
    harness.settings.programme = presetProgramme({ network: 'polkadot', profile: 'fair' }, nominators);
    await harness.store.snapshots.put(encodeSnapshot(snapshot));
    const blocked = longestBlock();
    const before = process.cpuUsage();
    const begunMs = performance.now();
    await harness.run('round');
    const { user, system } = process.cpuUsage(before);
    const made = await harness.store.rounds.newest();
    if (made === null || made.nominatedCount === 0) throw new Error('there is no round');
    return {
      processorMs: (user + system) / 1_000,
      wallMs: performance.now() - begunMs,
      blockedMs: blocked(),
      nominated: made.nominatedCount,
    };
  } finally {
    await harness.close();
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
