import { openBudget } from '../grpc/budget.ts';
import { StoreFault, type Watch, type WatchHandlers } from '../port.ts';
import { checkPrefix } from '../shared/checks.ts';
import { sameValue } from '../shared/evaluate.ts';
import { runningWatch } from '../shared/running-watch.ts';
import { pageAt } from './read.ts';
import type { Reader } from './records.ts';

/** The longest time for one poll of everything under a prefix; a large prefix is read page by page. */
const LOOK_MS = 10_000;

export interface WatchParts {
  readonly reader: Reader;
  readonly intervalMs: number;
}

/** The result of a poll: the values by their keys. */
type Seen = ReadonlyMap<string, Uint8Array>;

/**
 * TiKV has no change notifications, so a watch polls, and reports the differences from the poll before. A
 * change is reported at most one interval and one poll after it. A value that was replaced between two polls
 * is not seen. The watch never misses the last value of a key, so `onResync` is not called. Meant for
 * prefixes of some hundred records: each poll reads all of them.
 */
export function openWatch(
  { reader, intervalMs }: WatchParts,
  prefix: string,
  handlers: WatchHandlers,
): Watch {
  checkPrefix(prefix);
  const { cluster } = reader;
  return runningWatch(cluster, handlers, async (guarded, ended, onReady) => {
    let seen: Seen | null = null;
    let trouble: string | null = null;
    while (!ended.aborted) {
      try {
        const now = await lookAt(reader, prefix, ended);
        if (ended.aborted) return;
        if (seen !== null) report(seen, now, guarded);
        seen = now;
        trouble = null;
        onReady();
      } catch (error) {
        if (!(error instanceof StoreFault)) throw error;
        if (ended.aborted) return;
        if (error.code === 'refused' && seen === null) throw error;
        if (trouble !== error.message)
          cluster.log(`watch of "${prefix}" could not poll (${error.message}); it tries again`);
        trouble = error.message;
      }
      await cluster.clock.sleep(intervalMs, ended);
    }
  });
}

async function lookAt(reader: Reader, prefix: string, ended: AbortSignal): Promise<Seen> {
  const budget = openBudget(reader.cluster, LOOK_MS, ended);
  const ts = await reader.cluster.pd.timestamp(budget);
  const seen = new Map<string, Uint8Array>();
  let after: string | undefined;
  for (let more = true; more; ) {
    const page = await pageAt(reader, prefix, after === undefined ? {} : { after }, ts, budget);
    for (const { key, value } of page.records) seen.set(key, value);
    after = page.records.at(-1)?.key;
    more = page.more && after !== undefined;
  }
  return seen;
}

function report(before: Seen, now: Seen, { onChange }: WatchHandlers): void {
  for (const [key, value] of now) {
    if (!sameValue(before.get(key) ?? null, value)) onChange({ key, value: value.slice() });
  }
  for (const key of before.keys()) if (!now.has(key)) onChange({ key, value: null });
}
