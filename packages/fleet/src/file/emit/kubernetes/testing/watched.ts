/** Wraps a value and records the paths in it that its reader did not read. */
import { isList, isRecord, type Json } from '@watchbill/kit';
export interface Watched {
  readonly value: Json;
  /** Keys that stood beside keys that were read, and were not read themselves. */
  readonly unread: () => readonly string[];
}

/**
 * Wraps a value and records the keys that are read. A compiled validator reads each field of its schema, and
 * iterates over all keys of a map, so the schema lacks every key that it never read. It does not look into
 * values of no fixed shape, so these have no unread keys.
 */
export function watched(value: Json): Watched {
  const seen: { readonly path: string; readonly keys: readonly string[]; readonly read: Set<string> }[] = [];
  const wrapped = new Map<Json, Json>();
  const wrap = (inner: Json, path: string): Json => {
    if (!isRecord(inner) && !isList(inner)) return inner;
    const before = wrapped.get(inner);
    if (before !== undefined) return before;
    const read = new Set<string>();
    const keys = isList(inner) ? [] : Object.keys(inner);
    seen.push({ path, keys, read });
    const proxy = new Proxy(inner, {
      get: (target, key, receiver) => {
        const found = Reflect.get(target, key, receiver) as Json;
        if (typeof key !== 'string') return found;
        read.add(key);
        return wrap(found, path === '' ? key : `${path}.${key}`);
      },
      ownKeys: (target) => {
        for (const key of keys) read.add(key);
        return Reflect.ownKeys(target);
      },
    });
    wrapped.set(inner, proxy);
    return proxy;
  };
  const unread = () =>
    seen.flatMap(({ path, keys, read }) =>
      read.size === 0
        ? []
        : keys.filter((key) => !read.has(key)).map((key) => (path === '' ? key : `${path}.${key}`)),
    );
  return { value: wrap(value, ''), unread };
}
