import type { Budget } from '../grpc/budget.ts';
import { type Again, type Attempt, endingOf, type Settled, undo, type Writer } from './attempt.ts';
import { damagedFault } from './faults.ts';
import type { KeyError } from './gen/kvrpcpb_pb.js';
import { Tikv } from './gen/tikvpb_pb.js';
import { clearLocks, locksIn, textOf } from './locks.ts';
import { spreadOver } from './requests.ts';
import { settle } from './settle.ts';

/**
 * First phase: lock every key, unless one was written after `startTs` or is locked. Null if every key is
 * locked. Throws a fault if the stores do not serve; then no write is committed.
 *
 * A prewrite whose answer was lost is never sent again: its start timestamp is given up. So when a commit is
 * sent, no prewrite of the same start timestamp can be on its way, and a transaction that was rolled back
 * stays so.
 */
export async function prewrite(writer: Writer, attempt: Attempt, budget: Budget): Promise<Settled | null> {
  const { startTs, keys, primary, mutations } = attempt;
  const outcomes = await spreadOver(
    writer.cluster,
    {
      keys,
      method: Tikv.method.kvPrewrite,
      request: (some, context) => ({
        context,
        mutations: some.flatMap((key) => mutations.get(key) ?? []),
        primaryLock: primary,
        startVersion: startTs,
        lockTtl: BigInt(writer.lockTtlMs),
        txnSize: BigInt(some.length),
      }),
      repeatable: false,
    },
    budget,
  );
  const errors = outcomes.flatMap((outcome) => (outcome.ok ? outcome.value.errors : []));
  const failed = outcomes.find((outcome) => !outcome.ok);
  if (errors.length === 0 && failed === undefined) return null;
  const touched = outcomes.filter((one) => (one.ok ? one.value.errors.length === 0 : !one.certain));
  const locked = touched.flatMap(({ keys }) => keys);
  await undo(writer, attempt, locked, budget);
  if (errors.some(({ conflict }) => conflict?.conflictTs === startTs)) {
    // The conflict is with this transaction itself: it was committed already, or rolled back.
    return settle(writer, attempt, null, null, budget);
  }
  if (errors.length > 0) return makeWay(writer, errors, budget);
  if (failed?.ok === false && failed.certain) throw endingOf(budget, failed.fault);
  return { kind: 'again', wait: true };
}

async function makeWay(writer: Writer, errors: readonly KeyError[], budget: Budget): Promise<Again> {
  const strange = errors.find(
    ({ locked, conflict, retryable }) => locked === undefined && conflict === undefined && retryable === '',
  );
  if (strange !== undefined) throw damagedFault(`TiKV refused to lock: ${textOf(strange)}`);
  const locks = locksIn(errors);
  if (locks.length === 0) return { kind: 'again', wait: false };
  const alive = await clearLocks(writer.cluster, locks, budget);
  return { kind: 'again', wait: alive.length > 0 };
}
