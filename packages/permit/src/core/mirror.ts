import type { Watch } from '@watchbill/store';
import { type CoreContext, listTexts } from './context.ts';

/**
 * A copy in memory of all records under a prefix, kept fresh by a watch. Never a basis for a grant: it serves
 * preference, identities and views, where being a moment late is harmless.
 */
export interface Mirror<Value> {
  get(key: string): Value | undefined;
  entries(): IterableIterator<[string, Value]>;
  /** Take over a value that this service has just written itself. */
  set(key: string, value: Value | null): void;
  /** Read everything again. */
  refresh(): Promise<void>;
  onChange(listener: (key: string) => void): () => void;
  stop(): void;
}

export interface MirrorOptions<Value> {
  readonly prefix: string;
  readonly decode: (key: string, text: string) => Value;
}

export async function createMirror<Value>(
  context: CoreContext,
  options: MirrorOptions<Value>,
): Promise<Mirror<Value>> {
  const values = new Map<string, Value>();
  const listeners = new Set<(key: string) => void>();
  let stopped = false;

  function set(key: string, value: Value | null): void {
    if (value === null) values.delete(key);
    else values.set(key, value);
    for (const listener of listeners) listener(key);
  }

  function take(key: string, text: string | null): void {
    try {
      set(key, text === null ? null : options.decode(key, text));
    } catch (error) {
      context.parts.log.error(
        { event: 'record-unreadable', key, error: String(error) },
        'a record cannot be read',
      );
      set(key, null);
    }
  }

  async function refresh(): Promise<void> {
    const found = await listTexts(context, options.prefix);
    for (const key of [...values.keys()]) if (!found.has(key)) set(key, null);
    for (const [key, text] of found) take(key, text);
  }

  async function resync(): Promise<void> {
    for (let attempt = 1; !stopped; attempt++) {
      try {
        return await refresh();
      } catch (error) {
        context.parts.log.warn(
          { event: 'mirror-stale', prefix: options.prefix, error: String(error) },
          'read again later',
        );
        await context.parts.clock.sleep(Math.min(5_000, 200 * attempt));
      }
    }
  }

  const watch: Watch = context.parts.store.watch(options.prefix, {
    onChange: (change) =>
      take(change.key, change.value === null ? null : Buffer.from(change.value).toString('utf8')),
    onResync: () => void resync(),
  });
  await Promise.race([watch.ready, context.parts.clock.sleep(context.options.storeTimeoutMs)]);
  await refresh();

  return {
    get: (key) => values.get(key),
    entries: () => values.entries(),
    set,
    refresh,
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    stop() {
      stopped = true;
      watch.stop();
    },
  };
}
