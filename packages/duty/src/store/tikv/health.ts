import type { Budget } from '../grpc/budget.ts';
import { RpcError } from '../grpc/rpc-error.ts';
import { StoreFault, type StoreHealth, type StoreMember } from '../port.ts';
import { downHealth } from '../shared/checks.ts';
import { PeerRole, type Store as StoreMessage } from './gen/metapb_pb.js';
import { type GetRegionResponse, type Member, PD } from './gen/pdpb_pb.js';
import { encodeOrdered } from './ordered.ts';
import type { Reader } from './records.ts';
import type { Cluster } from './requests.ts';
import { readAt } from './snapshot.ts';

/** A member that does not answer within this time is unhealthy. */
const PROBE_MS = 1_000;
/** A clock that differs from PD's by more is reported, though the store does not depend on it. */
const SKEW_MS = 1_000;

/**
 * The members of PD and the stores that answer, and whether the cluster as a whole does. Never throws for a
 * cluster that is down.
 */
export async function healthOf(reader: Reader, budget: Budget): Promise<StoreHealth> {
  const { cluster } = reader;
  const [answers, described] = await Promise.all([answersReads(reader, budget), describe(reader, budget)]);
  if (described instanceof StoreFault) return downHealth(`PD does not answer: ${described.message}`);
  const { pdMembers, leaderId, stores, region } = described;
  const [pds, kvs] = await Promise.all([
    Promise.all(pdMembers.map((member) => pdState(cluster, member, leaderId, budget))),
    Promise.all(stores.map((store) => storeState(cluster, store, region, budget))),
  ]);
  const voters = (region.region?.peers ?? []).filter(({ role }) => role !== PeerRole.Learner);
  const wellVoters = voters.filter(({ storeId }) => kvs.some((kv) => kv.id === storeId && kv.member.ok));
  const wellPds = pds.filter(({ ok }) => ok);
  const margin = Math.max(
    0,
    Math.min(spare(wellPds.length, pds.length), spare(wellVoters.length, voters.length)),
  );
  const members = [...pds, ...kvs.map(({ member }) => member)];
  return {
    ok: answers === null,
    detail: sentence(members, margin, answers),
    members,
    quorumMargin: margin,
    term: null,
  };
}

async function describe({ cluster, keys }: Reader, budget: Budget) {
  const regionKey = encodeOrdered(keys.encode(''));
  try {
    const [{ members, leader }, { stores }, region] = await Promise.all([
      cluster.pd.members(budget),
      cluster.pd.ask(PD.method.getAllStores, (header) => ({ header, excludeTombstoneStores: true }), budget),
      cluster.pd.ask(PD.method.getRegion, (header) => ({ header, regionKey }), budget),
    ]);
    return { pdMembers: members, leaderId: leader?.memberId ?? 0n, stores, region };
  } catch (error) {
    if (error instanceof StoreFault) return error;
    throw error;
  }
}

/** Null if a linearizable read succeeds; else the reason. */
async function answersReads(reader: Reader, budget: Budget): Promise<string | null> {
  try {
    const ts = await reader.cluster.pd.timestamp(budget);
    await readAt(reader.cluster, [reader.keys.encode(' ')], { ts }, budget);
    return null;
  } catch (error) {
    if (error instanceof StoreFault) return error.message;
    throw error;
  }
}

async function pdState(
  cluster: Cluster,
  member: Member,
  leaderId: bigint,
  budget: Budget,
): Promise<StoreMember> {
  const url = URL.parse(member.clientUrls[0] ?? '');
  const { channels } = cluster;
  const probe = (to: URL) =>
    channels.call(channels.to(to), PD.method.getMembers, {}, budget.request(PROBE_MS));
  const ok = url !== null && (await settles(probe(url)));
  return { name: `PD ${member.name}`, ok, leader: ok && member.memberId === leaderId };
}

async function storeState(
  cluster: Cluster,
  { id, address }: StoreMessage,
  { leader }: GetRegionResponse,
  budget: Budget,
): Promise<{ readonly id: bigint; readonly member: StoreMember }> {
  const ok = await settles(cluster.channels.toStore(address).reach(budget.request(PROBE_MS)));
  return { id, member: { name: `store ${id} at ${address}`, ok, leader: ok && leader?.storeId === id } };
}

async function settles(work: Promise<unknown>): Promise<boolean> {
  try {
    await work;
    return true;
  } catch (error) {
    if (error instanceof RpcError) return false;
    throw error;
  }
}

/** How many of `count` members may still be lost, given the number of healthy ones. */
function spare(well: number, count: number): number {
  return well - (Math.floor(count / 2) + 1);
}

function sentence(members: readonly StoreMember[], margin: number, answers: string | null): string {
  const state = `${members.filter(({ ok }) => ok).length} of ${members.length} members of PD and stores are healthy`;
  if (answers !== null) return `${state}, but the cluster does not answer: ${answers}`;
  return margin === 0 ? `${state}; one more loss may stop grants` : `${state}; ${margin} may still be lost`;
}

/** A note about a clock that is far from PD's; null if it is near. */
export function skewOf(nowMs: number, pdMs: number): string | null {
  const skewMs = Math.round(nowMs - pdMs);
  if (Math.abs(skewMs) <= SKEW_MS) return null;
  return `the clock of this machine is ${Math.abs(skewMs)} ms ${skewMs > 0 ? 'ahead of' : 'behind'} PD's; the store does not depend on it, but the slots of the duties do`;
}
