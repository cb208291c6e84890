/**
 * The result of a call, which gets a signal that ends with the deadline, or with `signal`. Rejects at either, whether the call heeds
 * its signal or not: then its late result is nobody's.
 */
export async function within<Value>(
  what: string,
  timeoutMs: number,
  signal: AbortSignal,
  call: (signal: AbortSignal) => Promise<Value>,
): Promise<Value> {
  signal.throwIfAborted();
  const ended = new AbortController();
  const limit = Promise.withResolvers<never>();
  const give = (error: Error): void => {
    ended.abort(error);
    limit.reject(error);
  };
  const timer = setTimeout(() => give(new Error(`${what}: no answer within ${timeoutMs} ms`)), timeoutMs);
  const onStop = (): void => give(new Error(`${what}: stopped`));
  signal.addEventListener('abort', onStop, { once: true });
  try {
    return await Promise.race([call(ended.signal), limit.promise]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onStop);
    limit.promise.catch(() => undefined);
  }
}
