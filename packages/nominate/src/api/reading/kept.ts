/**
 * A cache that drops the least recently used value first. Concurrent requests for a missing key share one
 * computation.
 */
export interface Kept<Value> {
  readonly get: (key: string, make: () => Promise<Value>) => Promise<Value>;
  /** The cached value; never computes one. */
  readonly peek: (key: string) => Value | undefined;
  readonly forget: (key: string) => void;
}

/** `sizeOf` and `most` have the same unit. A value larger than `most` is computed and not kept. */
export function kept<Value>(most: number, sizeOf: (value: Value) => number): Kept<Value> {
  const held = new Map<string, { readonly value: Value; readonly size: number }>();
  const making = new Map<string, Promise<Value>>();
  let sum = 0;
  const forget = (key: string) => {
    sum -= held.get(key)?.size ?? 0;
    held.delete(key);
  };
  const hold = (key: string, value: Value) => {
    const size = sizeOf(value);
    forget(key);
    if (size > most) return;
    held.set(key, { value, size });
    sum += size;
    for (const oldest of held.keys()) {
      if (sum <= most) break;
      forget(oldest);
    }
  };
  const begin = async (key: string, make: () => Promise<Value>) => {
    try {
      const value = await make();
      hold(key, value);
      return value;
    } finally {
      making.delete(key);
    }
  };
  return {
    forget,
    peek: (key) => held.get(key)?.value,
    get: (key, make) => {
      const found = held.get(key);
      if (found !== undefined) {
        held.delete(key);
        held.set(key, found);
        return Promise.resolve(found.value);
      }
      const under = making.get(key);
      if (under !== undefined) return under;
      const work = begin(key, make);
      making.set(key, work);
      return work;
    },
  };
}
