import type { Budget } from '../grpc/budget.ts';
import type { Lease } from '../port.ts';
import { checkTtl, notALease } from '../shared/checks.ts';
import { Op } from './gen/kvrpcpb_pb.js';
import { byteText } from './keys.ts';
import { lockPauses } from './locks.ts';
import { decodeLease, encodeLease, isAlive, type LeaseRecord, leaseOrThrow } from './records.ts';
import { readAt, scanAt } from './snapshot.ts';
import { physicalMs } from './timestamp.ts';
import { inTwoPhases, type Mutation, type Settled, type Writer } from './two-phases.ts';

/**
 * A lease is a record with its end, by PD's clock. Keys written with it name it, and are absent once it has
 * ended. It is judged at the timestamp of each read or commit, so no clock of a client matters, and a lease
 * that has ended for one reader has ended for every later one: to keep it alive is a transaction that must
 * commit before its end.
 */
export async function grantLease(writer: Writer, ttlMs: number, budget: Budget): Promise<Lease> {
  checkTtl(ttlMs);
  const whole = Math.ceil(ttlMs);
  const id = (await writer.cluster.pd.timestamp(budget)).toString();
  await change(writer, id, budget, (_, startTs) => ({
    write: { ttlMs: whole, endsAtMs: physicalMs(startTs) + whole },
    until: Number.POSITIVE_INFINITY,
  }));
  writer.background((own) => sweep(writer, own));
  return { id, ttlMs: whole };
}

/** A record of a lease that ended so long ago is not needed any more, not even to see when it ended. */
const KEPT_MS = 3_600_000;
/** More are left for the next run. */
const SWEPT_AT_ONCE = 64;

/**
 * Remove the records of leases that ended long ago. Their keys stay absent: without its record a lease has
 * ended.
 */
async function sweep(writer: Writer, budget: Budget): Promise<void> {
  const { keys } = writer;
  const ts = await writer.cluster.pd.timestamp(budget);
  const isOld = (lease: LeaseRecord | null): boolean =>
    lease !== null && lease.endsAtMs + KEPT_MS < physicalMs(ts);
  const scan = { range: keys.leases(), limit: SWEPT_AT_ONCE };
  for (const { key, value } of await scanAt(writer.cluster, scan, ts, budget)) {
    // An ended lease does not come back, so it need not be read again.
    if (!isOld(decodeLease(value))) continue;
    const remove = { write: null, until: Number.POSITIVE_INFINITY };
    await change(writer, keys.leaseId(key), budget, (found) => (found === null ? null : remove));
  }
}

/** `expired` comes from a linearizable read. */
export async function keepLeaseAlive(
  writer: Writer,
  id: string,
  budget: Budget,
): Promise<'alive' | 'expired'> {
  checkId(id);
  const kept = await change(writer, id, budget, (found, startTs) => {
    if (found === null || !isAlive(found, startTs)) return null;
    return {
      write: { ttlMs: found.ttlMs, endsAtMs: physicalMs(startTs) + found.ttlMs },
      until: found.endsAtMs,
    };
  });
  return kept ? 'alive' : 'expired';
}

/** Its keys are gone when this settles. Revoking an ended lease is not a fault. */
export async function revokeLease(writer: Writer, id: string, budget: Budget): Promise<void> {
  checkId(id);
  await change(writer, id, budget, (found) =>
    found === null ? null : { write: null, until: Number.POSITIVE_INFINITY },
  );
}

interface Change {
  /** Null deletes. */
  readonly write: LeaseRecord | null;
  /** It must be committed before this moment of PD's clock. */
  readonly until: number;
}

/** Read a lease, decide, write. False if no change was needed. Repeating a change does no harm. */
async function change(
  writer: Writer,
  id: string,
  budget: Budget,
  decide: (found: LeaseRecord | null, startTs: bigint) => Change | null,
): Promise<boolean> {
  const key = writer.keys.lease(id);
  const pause = lockPauses(writer.cluster);
  for (;;) {
    budget.check();
    const startTs = await writer.cluster.pd.timestamp(budget);
    const bytes = (await readAt(writer.cluster, [key], { ts: startTs }, budget))?.get(byteText(key));
    const wanted = decide(bytes === undefined ? null : leaseOrThrow(bytes, id), startTs);
    if (wanted === null) return false;
    const settled = await writeLease(writer, key, startTs, wanted, budget);
    if (settled.kind === 'applied') return true;
    // A lost answer becomes a fault at the end of the time; until then the lease is read again.
    if (settled.kind === 'ambiguous') budget.trouble(settled.cause);
    if (settled.kind === 'ambiguous' || settled.wait) await budget.pause(pause());
  }
}

function writeLease(
  writer: Writer,
  key: Uint8Array,
  startTs: bigint,
  { write, until }: Change,
  budget: Budget,
): Promise<Settled> {
  const mutation: Mutation =
    write === null ? { op: Op.Del, key } : { op: Op.Put, key, value: encodeLease(write) };
  return inTwoPhases(writer, startTs, [mutation], budget, async () => {
    const commitTs = await writer.cluster.pd.timestamp(budget);
    return physicalMs(commitTs) < until ? commitTs : null;
  });
}

function checkId(id: string): void {
  if (/^[1-9][0-9]{0,19}$/.test(id)) return;
  throw notALease(id);
}
