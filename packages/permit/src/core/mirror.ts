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
  /** Per reading that is under way, the keys that changed since it began: what it finds there is older. */
  const readings = new Set<Set<string>>();
  const stopping = new AbortController();

  function set(key: string, value: Value | null): void {
    for (const touched of readings) touched.add(key);
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
    const touched = new Set<string>();
    readings.add(touched);
    const found = await listTexts(context, options.prefix).finally(() => readings.delete(touched));
    for (const key of [...values.keys()]) if (!found.has(key) && !touched.has(key)) set(key, null);
    for (const [key, text] of found) if (!touched.has(key)) take(key, text);
  }

  let resyncs = 0;

  /** One reading at a time, and always one that began after the last call. */
  async function resync(): Promise<void> {
    resyncs += 1;
    if (resyncs > 1) return;
    for (let attempt = 1; resyncs > 0 && !stopping.signal.aborted; attempt++) {
      const answered = resyncs;
      try {
        await refresh();
        resyncs -= answered;
      } catch (error) {
        context.parts.log.warn(
          { event: 'mirror-stale', prefix: options.prefix, error: String(error) },
          'read again later',
        );
        await context.parts.clock.sleep(Math.min(5_000, 200 * attempt), stopping.signal);
      }
    }
  }

  const watch: Watch = context.parts.store.watch(options.prefix, {
    onChange: (change) =>
      take(change.key, change.value === null ? null : Buffer.from(change.value).toString('utf8')),
    onResync: () => void resync(),
  });
  const ready = new AbortController();
  const late = context.parts.clock.sleep(context.options.storeTimeoutMs, ready.signal);
  await Promise.race([watch.ready, late]);
  ready.abort();
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
      stopping.abort();
      watch.stop();
    },
  };
}
