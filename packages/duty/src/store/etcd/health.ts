import type { Budget } from '../grpc/budget.ts';
import type { StoreHealth, StoreMember } from '../port.ts';
import { downHealth } from '../shared/checks.ts';
import { type Context, outcomeOf, readRange } from './call.ts';
import { callMember } from './call-member.ts';
import { Cluster, type Member as ListedMember, Maintenance, type StatusResponse } from './gen/rpc_pb.js';
import type { Member } from './members.ts';

/** A member that does not answer within this time is unhealthy. */
const STATUS_TIMEOUT_MS = 1_000;

interface Report {
  readonly member: Member;
  readonly status: StatusResponse | null;
  /** All members of the cluster, as this member knows them. */
  readonly listed: readonly ListedMember[];
}

/**
 * The state of each member and whether the cluster answers. Members that no endpoint reaches count as lost,
 * so the margin is never too high.
 */
export async function healthOf(context: Context, budget: Budget): Promise<StoreHealth> {
  const [reports, answers] = await Promise.all([
    Promise.all(context.members.all.map((member) => ask(context, member, budget))),
    answersReads(context, budget),
  ]);
  const heard = reports.filter(({ status }) => status !== null);
  const members = membersOf(reports);
  if (heard.length === 0) return downHealth('no member of the etcd cluster can be reached', members);
  const term = heard.reduce(
    (most, { status }) => (status !== null && status.raftTerm > most ? status.raftTerm : most),
    0n,
  );
  const alarms = [...new Set(heard.flatMap(({ status }) => status?.errors ?? []))];
  const well = members.filter(({ ok }) => ok).length;
  const quorum = Math.floor(Math.max(votersOf(reports).length, 1) / 2) + 1;
  const margin = Math.max(0, well - quorum);
  const ok = answers === null && alarms.length === 0;
  return {
    ok,
    detail: sentence(well, members.length, margin, answers, alarms),
    members,
    quorumMargin: margin,
    term: term.toString(),
  };
}

/** Null if a linearizable read succeeds; else the reason. */
async function answersReads(context: Context, budget: Budget): Promise<string | null> {
  const key = context.keys.encode(' ');
  const outcome = await outcomeOf(context, readRange({ key, countOnly: true }), budget);
  return outcome.ok ? null : outcome.failure.fault.message;
}

async function ask(context: Context, member: Member, budget: Budget): Promise<Report> {
  // Status requests also go to members without a leader, so the header that forbids this is left out.
  const limits = { ...budget.request(STATUS_TIMEOUT_MS), headers: {} };
  const called = await callMember(context, member, limits, async (rpc) => {
    const status = await member.channel.unary(Maintenance.method.status, {}, rpc);
    const { members } = await member.channel.unary(Cluster.method.memberList, {}, rpc);
    return { member, status, listed: members };
  });
  return called.ok ? called.value : { member, status: null, listed: [] };
}

function membersOf(reports: readonly Report[]): StoreMember[] {
  const leaders = new Set(reports.map(({ status }) => status?.leader ?? 0n));
  const known = new Map<bigint, StoreMember>();
  const unreached: StoreMember[] = [];
  for (const { member, status, listed } of reports) {
    const id = status?.header?.memberId;
    if (status === null || id === undefined) {
      unreached.push({ name: member.name, ok: false, leader: false });
      continue;
    }
    const name = listed.find(({ ID }) => ID === id)?.name;
    const ok = status.leader !== 0n && !status.isLearner;
    known.set(id, { name: name || member.name, ok, leader: ok && status.leader === id });
  }
  const absent = votersOf(reports).filter(({ ID }) => !known.has(ID));
  if (absent.length === 0) return [...known.values(), ...unreached];
  return [
    ...known.values(),
    ...absent.map(({ ID, name }) => ({ name: name || ID.toString(16), ok: false, leader: leaders.has(ID) })),
  ];
}

function votersOf(reports: readonly Report[]): readonly ListedMember[] {
  const longest = reports.reduce<readonly ListedMember[]>(
    (best, { listed }) => (listed.length > best.length ? listed : best),
    [],
  );
  return longest.filter(({ isLearner }) => !isLearner);
}

function sentence(
  well: number,
  count: number,
  margin: number,
  answers: string | null,
  alarms: readonly string[],
): string {
  const state = `healthy members of etcd: ${well} of ${count}`;
  if (answers !== null) return `${state}, but the cluster does not answer: ${answers}`;
  if (alarms.length > 0) return `${state}, but etcd reports: ${alarms.join('; ')}`;
  return margin === 0 ? `${state}; one more loss stops grants` : `${state}; ${margin} may still be lost`;
}
