import { messageOf, randomHex } from '@watchbill/kit';
import { RecordError } from '../../rule/index.ts';
import { StoreFault } from '../../store/index.ts';
import { type CoreContext, readText, transact } from '../ground/context.ts';
import { keys } from '../ground/keys.ts';
import { compareOf, toBytes, toText } from '../ground/records.ts';
import { decodeSession, encodeSession } from './record.ts';
import type { Moment, OpenSession } from './state.ts';

/** A session that was just written. */
export interface Opened extends Pick<OpenSession, 'id' | 'text' | 'before' | 'leaseId' | 'ttlMs'> {
  /** When the lease was asked for, by the monotonic clock: its life counts from there. */
  readonly askedMs: number;
  readonly at: Moment;
}

/** A renewal of the record, from one text to the next one. */
export interface Renewal {
  readonly from: string;
  readonly to: string;
  readonly leaseId: string;
}

/** How a renewal ended. */
export type RenewalAnswer =
  | { readonly kind: 'applied' | 'lease-expired' | 'ambiguous' }
  /** The record in the store was another one; null if there was none. */
  | { readonly kind: 'conflict'; readonly found: string | null }
  /** The store did not answer, and no write was applied. */
  | { readonly kind: 'failed'; readonly why: string };

/**
 * Writes a new session record and records the start for new units. Rejects if any of it is uncertain.
 *
 * @param opened records the start
 */
export async function open(
  context: CoreContext,
  opened: (at: Moment) => Promise<void>,
  now: () => Moment,
): Promise<Opened> {
  const { store, random, ledger, clock } = context.parts;
  const timeoutMs = context.options.storeTimeoutMs;
  const sessionKey = keys.session(ledger.serviceId);
  const askedMs = clock.monotonicMs();
  const lease = await store.grantLease(context.options.sessionTtlMs, { timeoutMs });
  const before = await readText(context, sessionKey);
  const id = randomHex(random, 16);
  const text = encodeSession(id, 0n);
  const writes = [{ key: sessionKey, value: toBytes(text), lease: lease.id }];
  const { outcome } = await transact(context, { compares: [compareOf(sessionKey, before)], writes });
  if (outcome !== 'applied') throw new Error(`the session was not written: ${outcome}`);
  const at = now();
  await opened(at);
  const earlier = before === null ? null : decodeSession(before).session;
  const { id: leaseId, ttlMs } = lease;
  return { id, text, before: earlier, leaseId, ttlMs, askedMs, at };
}

/** The text of an error; with what to do, if it is a fault of the store. */
export function withRemedy(error: unknown): string {
  const known = error instanceof StoreFault || error instanceof RecordError;
  return known ? `${error.message}; ${error.remedy}` : messageOf(error);
}

/** Raises the counter in the record, if it is still the one of the renewal. Never rejects. */
export async function renew(context: CoreContext, { from, to, leaseId }: Renewal): Promise<RenewalAnswer> {
  const { store, ledger } = context.parts;
  const { storeTimeoutMs, sessionTtlMs } = context.options;
  const timeoutMs = Math.max(50, Math.min(storeTimeoutMs, sessionTtlMs / 2));
  const key = keys.session(ledger.serviceId);
  const writes = [{ key, value: toBytes(to), lease: leaseId }];
  try {
    const kept = await store.keepLeaseAlive(leaseId, { timeoutMs });
    if (kept === 'expired') return { kind: 'lease-expired' };
    const result = await transact(context, { compares: [compareOf(key, from)], writes }, timeoutMs);
    if (result.outcome !== 'conflict') return { kind: result.outcome };
    const [found = null] = result.current;
    return { kind: 'conflict', found: found === null ? null : toText(found, key) };
  } catch (error) {
    // A StoreFault means that no write was applied; any other error is a defect of the adapter and may hide a
    // write.
    return error instanceof StoreFault ? { kind: 'failed', why: withRemedy(error) } : { kind: 'ambiguous' };
  }
}
