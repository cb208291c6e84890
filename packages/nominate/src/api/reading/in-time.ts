import { type Clock, systemClock } from '@watchbill/kit';
import { StorageFault } from '../../storage/port.ts';
import { after } from '../../time/after.ts';

/**
 * The answer, or a {@link StorageFault} after the deadline, because a database that hangs must not block
 * requests.
 */
export async function inTime<Value>(
  work: Promise<Value>,
  timeoutMs: number,
  clock: Pick<Clock, 'sleep'> = systemClock(),
): Promise<Value> {
  const { promise, reject } = Promise.withResolvers<never>();
  const cancel = after(clock, timeoutMs, () => {
    const remedy = 'check that the database is reachable and not overloaded';
    reject(new StorageFault('unavailable', `no answer within ${timeoutMs} ms`, remedy));
  });
  try {
    return await Promise.race([work, promise]);
  } finally {
    cancel();
  }
}
