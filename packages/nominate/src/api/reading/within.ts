import { StorageFault } from '../../storage/port.ts';

/** The answer, or a {@link StorageFault} once the time is over: a database that hangs must not hold requests for ever. */
export async function within<Value>(work: Promise<Value>, timeoutMs: number): Promise<Value> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    const remedy = 'see whether the database is overloaded, and whether it can be reached';
    reject(new StorageFault('unavailable', `no answer within ${timeoutMs} ms`, remedy));
  }, timeoutMs);
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
  }
}
