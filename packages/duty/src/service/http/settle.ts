/**
 * The value, or null if the promise did not settle in time or `signal` aborted first. A rejection in time is
 * passed on; a late one is dropped.
 */
export function settleWithin<Value>(
  work: Promise<Value>,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<Value | null> {
  return new Promise((resolve, reject) => {
    const giveUp = (): void => {
      end();
      resolve(null);
    };
    const timer = setTimeout(giveUp, timeoutMs);
    const end = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', giveUp);
    };
    signal?.addEventListener('abort', giveUp);
    work.then(
      (value) => {
        end();
        resolve(value);
      },
      (error: unknown) => {
        end();
        reject(error);
      },
    );
  });
}
