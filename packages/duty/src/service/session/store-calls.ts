import { messageOf, randomHex } from '@watchbill/kit';
import { StoreFault } from '../../store/index.ts';
import { type CoreContext, readText, transact } from '../ground/context.ts';
import { keys } from '../ground/keys.ts';
import { compareOf, toBytes } from '../ground/records.ts';
import { decodeSession, encodeSession } from './record.ts';
import type { RenewalAnswer, SessionEffect, SessionEvent } from './session-events.ts';
import type { Moment } from './state.ts';

/**
 * Writes a new session record and records the start for new units. Rejects if any of it is uncertain.
 *
 * @param opened records the start
 */
export async function open(
  context: CoreContext,
  opened: (at: Moment) => Promise<void>,
  now: () => Moment,
): Promise<SessionEvent> {
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
  return { kind: 'opened', id, text, before: earlier, leaseId, ttlMs, askedMs, at };
}

/** The text of an error; with what to do, if it is a fault of the store. */
export function withRemedy(error: unknown): string {
  return error instanceof StoreFault ? `${error.message}; ${error.remedy}` : messageOf(error);
}

/** Raises the counter in the record, if it is still the one of the effect. Never rejects. */
export async function renew(
  context: CoreContext,
  effect: Extract<SessionEffect, { kind: 'renew' }>,
): Promise<SessionEvent> {
  const { clock } = context.parts;
  const askedMs = clock.monotonicMs();
  let answer: RenewalAnswer;
  try {
    answer = await renewal(context, effect);
  } catch (error) {
    // A StoreFault means that no write was applied; any other error is a defect of the adapter and may hide a
    // write.
    answer = error instanceof StoreFault ? { kind: 'failed', why: withRemedy(error) } : { kind: 'ambiguous' };
  }
  return { kind: 'renewed', of: effect.of, askedMs, answer };
}

async function renewal(
  context: CoreContext,
  { from, to, leaseId }: Extract<SessionEffect, { kind: 'renew' }>,
): Promise<RenewalAnswer> {
  const { store, ledger } = context.parts;
  const { storeTimeoutMs, sessionTtlMs } = context.options;
  const timeoutMs = Math.max(50, Math.min(storeTimeoutMs, sessionTtlMs / 2));
  const kept = await store.keepLeaseAlive(leaseId, { timeoutMs });
  if (kept === 'expired') return { kind: 'lease-expired' };
  const key = keys.session(ledger.serviceId);
  const writes = [{ key, value: toBytes(to), lease: leaseId }];
  const result = await transact(context, { compares: [compareOf(key, from)], writes }, timeoutMs);
  if (result.outcome !== 'conflict') return { kind: result.outcome };
  const [found = null] = result.current;
  return { kind: 'conflict', found: found === null ? null : Buffer.from(found).toString() };
}

/** The record as it is now, after a renewal without a certain answer. Never rejects. */
export async function readBack(context: CoreContext, of: string): Promise<SessionEvent> {
  try {
    const found = await readText(context, keys.session(context.parts.ledger.serviceId));
    return { kind: 'read-back', of, found };
  } catch (error) {
    return { kind: 'not-read-back', of, why: messageOf(error) };
  }
}
