import { groupId, quorumOf } from '@watchbill/coordinate';
import { type GossipMember, measureGossip } from '@watchbill/coordinate/testing/measure-gossip';
import { atMost, type Budget, figure } from '@watchbill/testkit/bench/budgets';
import type { Options } from '@watchbill/testkit/bench/options';
import { type Report, table } from '@watchbill/testkit/bench/report';
import { inTurn, overRounds } from '@watchbill/testkit/bench/rounds';
import type { Stage } from '@watchbill/testkit/bench/stage';
import { type Latency, latencyOf } from '@watchbill/testkit/bench/statistics';
import { type Flat, measureFlat } from './quorum/flat.ts';
import { groupOf } from './quorum/group.ts';
import { newKeys } from './quorum/keys.ts';
import { closeMembers, openMembers } from './quorum/members.ts';
import { type CertifiedMs, type MeasuredGroup, measuredGroup } from './quorum/windows.ts';

const MEMBERS = 31;
/** Windows in each round, and as many round trips of bare gossip. */
const EACH_ROUND = 10;
const ROUND_TRIP_DEADLINE_MS = 60_000;
const MAX_RATIO = 3;
const MAX_GROWTH = 1.1;

/** What a window of 31 members takes on loopback, against bare gossip over the same connections. */
export async function measureQuorum(stage: Stage, options: Options): Promise<Report> {
  const keys = await newKeys(MEMBERS);
  const members = await stage.start(openMembers(groupId(groupOf(keys.keys)), keys.keys), closeMembers);
  const group = await stage.start(Promise.resolve(measuredGroup(members, keys)), ({ close }) => close());
  // The first ones compile the code and fill the meshes.
  await gossip(members, 2);
  await windows(group, 2);
  const rounds = await inTurn(
    options.rounds,
    () => gossip(members, EACH_ROUND),
    () => windows(group, EACH_ROUND),
  );
  await group.close();
  await closeMembers(members);
  const over = (samplesOf: (times: CertifiedMs) => readonly number[]) =>
    overRounds(rounds.map(({ second }) => latencyOf(second.flatMap(samplesOf))));
  return report({
    roundTrip: overRounds(rounds.map(({ first }) => latencyOf(first))),
    each: over((times) => times),
    first: over((times) => [Math.min(...times)]),
    last: over((times) => [Math.max(...times)]),
  });
}

/** The heap over 100,000 windows. */
export async function measureQuorumMemory(stage: Stage, _options: Options): Promise<Report> {
  const flat = await measureFlat(stage);
  const growth = (name: string, value: number): Budget => atMost(name, value, MAX_GROWTH, '');
  const budgets = [growth('memberGrowth', flat.member.growth), growth('groupGrowth', flat.group.growth)];
  const lines = [
    ...table([
      ['heap after collection', 'windows', 'then', 'windows', 'then', 'ratio', 'time'],
      flatRow('one member alone', flat.member),
      flatRow('four members in memory', flat.group),
    ]),
  ];
  return { figures: { ...flat }, budgets, lines };
}

/** One member calls, and has as many answers as a certificate needs commits of others. */
async function gossip(members: readonly GossipMember[], rounds: number): Promise<readonly number[]> {
  const answerCount = quorumOf(members.length) - 1;
  const measure = { rounds, answerCount, roundDeadlineMs: ROUND_TRIP_DEADLINE_MS };
  const { roundTripsMs, lostRounds } = await measureGossip(members, measure);
  if (lostRounds > 0) throw new Error(`${lostRounds} round trips of bare gossip did not end`);
  return roundTripsMs;
}

async function windows(group: MeasuredGroup, count: number): Promise<readonly CertifiedMs[]> {
  group.listen();
  const times: CertifiedMs[] = [];
  for (let i = 0; i < count; i++) times.push(await group.window());
  return times;
}

interface Measured {
  readonly roundTrip: Latency;
  /**
   * Over all members of a round's windows, and of each window the first and the last member; medians of the
   * rounds.
   */
  readonly each: Latency;
  readonly first: Latency;
  readonly last: Latency;
}

function report(measured: Measured): Report {
  const { roundTrip, each, first, last } = measured;
  const ratios = {
    certificateRatio: each.p99Ms / roundTrip.p99Ms,
    certificateP50Ratio: each.p50Ms / roundTrip.p50Ms,
    lastRatio: last.p99Ms / roundTrip.p99Ms,
    lastP50Ratio: last.p50Ms / roundTrip.p50Ms,
  };
  const budgets: readonly Budget[] = [atMost('certificateRatio', ratios.certificateRatio, MAX_RATIO, '')];
  const lines = [
    ...table([
      [
        `${MEMBERS} members over libp2p, one process`,
        'samples',
        'p50',
        'p99',
        'max',
        'p50 ratio',
        'p99 ratio',
      ],
      row('bare gossip, call and a quorum of answers', roundTrip, roundTrip),
      row('proposal to certificate, the first member', first, roundTrip),
      row('proposal to certificate, each member', each, roundTrip),
      row('proposal to certificate, the last member', last, roundTrip),
    ]),
  ];
  return { figures: { ...ratios, members: MEMBERS, ...measured }, budgets, lines };
}

function row(name: string, { samples, p50Ms, p99Ms, maxMs }: Latency, base: Latency): readonly string[] {
  const times = [p50Ms, p99Ms, maxMs].map((ms) => figure(ms, 'ms'));
  const ratios = [p50Ms / base.p50Ms, p99Ms / base.p99Ms].map((ratio) => figure(ratio, ''));
  return [name, `${samples}`, ...times, ...ratios];
}

function flatRow(name: string, { early, late, growth, wallMs }: Flat['member']): readonly string[] {
  const cells = [early, late].flatMap(({ windows: count, heapMb }) => [
    count.toLocaleString('en'),
    figure(heapMb, 'MB'),
  ]);
  return [name, ...cells, figure(growth, ''), figure(wallMs / 1_000, 's')];
}
