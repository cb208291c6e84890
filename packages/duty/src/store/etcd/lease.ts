import type { Budget } from '../grpc/budget.ts';
import type { Lease } from '../port.ts';
import { refused } from '../shared/checks.ts';
import { answerOf, type Context, readRange, repeatable } from './call.ts';
import { Lease as LeaseService } from './gen/rpc_pb.js';
import { leaseId } from './operations.ts';

const GONE = 'etcdserver: requested lease not found';
const MS_PER_SECOND = 1_000;
/** etcd refuses longer ones (server/lease/lessor.go, `MaxLeaseTTL`). */
const MAX_TTL_SECONDS = 9_000_000_000;

/**
 * etcd counts whole seconds and gives at least one and a half election timeouts. If the first answer was lost
 * and the grant is repeated, a lease without keys stays behind and ends by itself.
 */
export async function grantLease(context: Context, ttlMs: number, budget: Budget): Promise<Lease> {
  const seconds = Math.ceil(ttlMs / MS_PER_SECOND);
  if (!(seconds >= 1 && seconds <= MAX_TTL_SECONDS)) {
    throw refused(`a lease time of ${ttlMs} ms`, 'ask for a positive number of milliseconds');
  }
  const request = repeatable(LeaseService.method.leaseGrant, { TTL: BigInt(seconds) });
  const answer = await answerOf(context, request, budget);
  return { id: answer.ID.toString(), ttlMs: Number(answer.TTL) * MS_PER_SECOND };
}

/**
 * The leader keeps the leases. It may answer "not found" before it has applied a grant that an earlier leader
 * committed. So the answer counts only if the leader repeats it after a linearizable read.
 */
export async function keepLeaseAlive(
  context: Context,
  id: string,
  budget: Budget,
): Promise<'alive' | 'expired'> {
  // The call is a stream; one request and one answer make it a call like any other.
  const request = repeatable(LeaseService.method.leaseKeepAlive, { ID: leaseId(id) });
  const ask = async (): Promise<boolean> => (await answerOf(context, request, budget)).TTL > 0n;
  if (await ask()) return 'alive';
  const key = context.keys.encode(' ');
  await answerOf(context, readRange({ key, countOnly: true }), budget);
  return (await ask()) ? 'alive' : 'expired';
}

/** Its keys are gone when this settles. Revoking an ended lease is not a fault. */
export async function revokeLease(context: Context, id: string, budget: Budget): Promise<void> {
  const ID = leaseId(id);
  await answerOf(
    context,
    {
      repeatable: true,
      send: async (member, rpc) => {
        try {
          await member.channel.unary(LeaseService.method.leaseRevoke, { ID }, rpc);
        } catch (error) {
          const isGone = error instanceof Error && error.message.includes(GONE);
          if (!isGone) throw error;
        }
      },
    },
    budget,
  );
}
