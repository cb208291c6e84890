/** Time as a port, so that everything above it runs unchanged in virtual time. */
export interface Clock {
  /** Unix milliseconds; may step. */
  nowMs(): number;
  /** Milliseconds that never go back; the origin means nothing. */
  monotonicMs(): number;
  /** Resolves after `ms`, or early when `signal` aborts; never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** The clock of this machine. Sleeping does not keep the process alive by itself when `unref` is true. */
export function systemClock(options: { readonly unref?: boolean } = {}): Clock {
  return {
    nowMs: () => Date.now(),
    monotonicMs: () => performance.now(),
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted === true) return resolve();
        const timer = setTimeout(done, Math.max(0, ms));
        if (options.unref === true) timer.unref();
        signal?.addEventListener('abort', done, { once: true });
        function done(): void {
          clearTimeout(timer);
          signal?.removeEventListener('abort', done);
          resolve();
        }
      }),
  };
}

/** Randomness as a port: bytes for ids and nonces. */
export interface Random {
  bytes(length: number): Uint8Array;
}

/** Many small draws share one call of the operating system. */
const POOL_BYTES = 4_096;

/** The operating system's random source. Each byte is given out once, and wiped from the pool with that. */
export function systemRandom(): Random {
  const pool = new Uint8Array(POOL_BYTES);
  let used = POOL_BYTES;
  return {
    bytes(length) {
      if (length > POOL_BYTES) return crypto.getRandomValues(new Uint8Array(length));
      if (used + length > POOL_BYTES) {
        crypto.getRandomValues(pool);
        used = 0;
      }
      const drawn = pool.slice(used, used + length);
      pool.fill(0, used, used + length);
      used += length;
      return drawn;
    },
  };
}

/** Lower-case hex of `length` random bytes. */
export function randomHex(random: Random, length: number): string {
  return Buffer.from(random.bytes(length)).toString('hex');
}
