import { isDeepStrictEqual } from 'node:util';
import type { Watch } from '../../store/index.ts';
import { type CoreContext, listTexts } from './context.ts';
import { settleWithin } from './settle.ts';

export type Mirror<Value> = Awaited<ReturnType<typeof createMirror<Value>>>;

interface MirrorOptions<Value> {
  readonly prefix: string;
  readonly decode: (key: string, text: string) => Value;
}

interface Shell<Value> {
  readonly context: CoreContext;
  readonly options: MirrorOptions<Value>;
  readonly values: Map<string, Value>;
  readonly listeners: Set<(key: string) => void>;
  /**
   * For each read under way, the keys that changed since it began: the values that it finds for them are out
   * of date.
   */
  readonly readings: Set<Set<string>>;
  readonly stopping: AbortController;
  /** Requests for a read that no read has answered yet. */
  resyncs: number;
}

/**
 * A copy in memory of all records under a prefix, kept fresh by a watch. Never a basis for a grant: it serves
 * preference, identities and views, where being a moment late is harmless. Rejects with a StoreFault if the
 * store does not answer.
 */
export async function createMirror<Value>(context: CoreContext, options: MirrorOptions<Value>) {
  const shell: Shell<Value> = {
    context,
    options,
    values: new Map(),
    listeners: new Set(),
    readings: new Set(),
    stopping: new AbortController(),
    resyncs: 0,
  };
  const { values, listeners, stopping } = shell;
  const watch = context.parts.store.watch(options.prefix, {
    onChange: ({ key, value }) =>
      set(shell, key, value === null ? null : decoded(shell, key, Buffer.from(value).toString('utf8'))),
    onResync: () => void resync(shell),
  });
  const isLate = await isReadyLate(context, watch);
  await refresh(shell);
  // No hint came for the changes before it was ready. A watch that ends first was stopped, or is refused as
  // the reads are.
  if (isLate)
    void watch.ready.then(
      () => resync(shell),
      () => undefined,
    );
  return {
    get: (key: string): Value | undefined => values.get(key),
    entries: (): IterableIterator<[string, Value]> => values.entries(),
    /** Take over a value that this service has just written or read itself. */
    set: (key: string, value: Value | null): void => set(shell, key, value),
    /** Read everything again, and call the listeners for every key. */
    refresh: (): Promise<void> => refresh(shell),
    /** Calls the listener with the key of each record whose value changed. */
    onChange(listener: (key: string) => void): () => void {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    stop(): void {
      stopping.abort();
      watch.stop();
    },
  };
}

/** Waits for a watch, as long as a call of the store may take. True if it is not ready then. */
async function isReadyLate({ parts: { clock }, options }: CoreContext, { ready }: Watch): Promise<boolean> {
  const isReady = ready.then(() => true);
  return (await settleWithin(isReady, options.storeTimeoutMs, { clock })) === null;
}

/** True if the value changed. A record that is read again as it was must wake no claim: claims read it. */
function put<Value>({ values, readings }: Shell<Value>, key: string, value: Value | null): boolean {
  for (const touched of readings) touched.add(key);
  if (isDeepStrictEqual(values.get(key) ?? null, value)) return false;
  if (value === null) values.delete(key);
  else values.set(key, value);
  return true;
}

function set<Value>(shell: Shell<Value>, key: string, value: Value | null): void {
  if (put(shell, key, value)) notify(shell, key);
}

function notify<Value>({ listeners }: Shell<Value>, key: string): void {
  for (const listener of listeners) listener(key);
}

function decoded<Value>({ context, options }: Shell<Value>, key: string, text: string): Value | null {
  try {
    return options.decode(key, text);
  } catch (error) {
    const fields = { event: 'record-unreadable', key, error: String(error) };
    context.parts.log.error(fields, 'a record cannot be read');
    return null;
  }
}

async function refresh<Value>(shell: Shell<Value>): Promise<void> {
  const { context, options, values, readings } = shell;
  const touched = new Set<string>();
  readings.add(touched);
  const found = await listTexts(context, options.prefix).finally(() => readings.delete(touched));
  for (const key of [...values.keys()]) if (!found.has(key) && !touched.has(key)) set(shell, key, null);
  for (const [key, text] of found) {
    if (touched.has(key)) continue;
    put(shell, key, decoded(shell, key, text));
    // Also without a change: a listener whose own read failed meanwhile gets another chance.
    notify(shell, key);
  }
}

/** One reading at a time, and always one that began after the last call. */
async function resync<Value>(shell: Shell<Value>): Promise<void> {
  const { stopping, options, context } = shell;
  const { stale, parts } = context;
  const { log, clock } = parts;
  shell.resyncs += 1;
  if (shell.resyncs > 1) return;
  for (let attempt = 1; shell.resyncs > 0 && !stopping.signal.aborted; attempt++) {
    const answered = shell.resyncs;
    try {
      await refresh(shell);
      shell.resyncs -= answered;
      if (stale.delete(options.prefix) && stale.size === 0)
        log.info({ event: 'mirror-fresh' }, 'the copies of records are up to date again');
    } catch (error) {
      const fields = { event: 'mirror-stale', prefix: options.prefix, error: String(error) };
      if (stale.size === 0) log.warn(fields, 'copies of records are out of date, until the store answers');
      stale.add(options.prefix);
      await clock.sleep(Math.min(5_000, 200 * attempt), stopping.signal);
    }
  }
}
