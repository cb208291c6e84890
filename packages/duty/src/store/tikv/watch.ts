import { StoreFault, type Watch, type WatchHandlers } from '../port.ts';
import { checkPrefix } from '../shared/checks.ts';
import { guardedHandlers, runningWatch } from '../shared/running-watch.ts';
import type { Writer } from './attempt.ts';
import { type Budget, openBudget } from './budget.ts';
import { type Living, pageAt } from './read.ts';
import { stateAt } from './records.ts';

/** The longest time for one poll of everything under a prefix; a large prefix is read page by page. */
const LOOK_MS = 10_000;

export interface WatchParts {
  readonly reader: Writer;
  readonly intervalMs: number;
}

/** The result of a poll, and its time. */
interface Seen {
  readonly ts: bigint;
  readonly records: ReadonlyMap<string, Living>;
}

/**
 * TiKV has no change notifications, so a watch polls, and reports the differences from the poll before. A
 * change is reported at most one interval and one poll after it. A value that was replaced between two polls
 * is not seen, with one exception: a key whose lease ended in between is reported as gone, and then with its
 * current value. The watch never misses the last value of a key, so `onResync` is not called. Meant for
 * prefixes of some hundred records: each poll reads all of them.
 */
export function openWatch(parts: WatchParts, prefix: string, handlers: WatchHandlers): Watch {
  checkPrefix(prefix);
  const { closing, cluster } = parts.reader;
  return runningWatch('tikv', closing, (ended, onReady) =>
    follow(parts, prefix, guardedHandlers(handlers, ended, cluster.log), ended, onReady),
  );
}

async function follow(
  { reader, intervalMs }: WatchParts,
  prefix: string,
  handlers: WatchHandlers,
  ended: AbortSignal,
  onReady: () => void,
): Promise<void> {
  const { clock, log } = reader.cluster;
  const tell: Tell = (key, value) => handlers.onChange({ key, value });
  let seen: Seen | null = null;
  let trouble: string | null = null;
  while (!ended.aborted) {
    try {
      const now = await lookAt(reader, prefix, ended);
      if (ended.aborted) return;
      if (seen !== null) {
        const vanished = await endedLeases(reader, seen, now, ended);
        report(seen.records, now.records, vanished, tell);
      }
      seen = now;
      trouble = null;
      onReady();
    } catch (error) {
      if (!(error instanceof StoreFault)) throw error;
      if (ended.aborted) return;
      if (error.code === 'refused' && seen === null) throw error;
      if (trouble !== error.message)
        log(`watch of "${prefix}" could not poll (${error.message}); it tries again`);
      trouble = error.message;
    }
    await clock.sleep(intervalMs, ended);
  }
}

function budgetOf(reader: Writer, ended: AbortSignal): Budget {
  return openBudget(reader.cluster.clock, ended, LOOK_MS, undefined);
}

async function lookAt(reader: Writer, prefix: string, ended: AbortSignal): Promise<Seen> {
  const budget = budgetOf(reader, ended);
  const ts = await reader.cluster.pd.timestamp(budget);
  const records = new Map<string, Living>();
  let after: string | undefined;
  for (let more = true; more; ) {
    const page = await pageAt(reader, prefix, after === undefined ? {} : { after }, ts, budget);
    for (const record of page.records) records.set(record.key, record);
    after = page.records.at(-1)?.key;
    more = page.more && after !== undefined;
  }
  return { ts, records };
}

/** Leases that keys had at the poll before, do not have now, and that have ended. */
async function endedLeases(
  reader: Writer,
  before: Seen,
  now: Seen,
  ended: AbortSignal,
): Promise<ReadonlySet<string>> {
  const left = [...before.records.values()].flatMap(({ key, lease }) => {
    const still = now.records.get(key);
    return lease === null || still === undefined || still.lease === lease ? [] : lease;
  });
  if (left.length === 0) return new Set();
  const state = await stateAt(reader, [], left, { ts: now.ts }, budgetOf(reader, ended));
  return new Set(left.filter((id) => state?.leaseAlive(id) !== true));
}

/** Passes one change on. */
type Tell = (key: string, value: Uint8Array | null) => void;

function report(
  before: Seen['records'],
  now: Seen['records'],
  vanished: ReadonlySet<string>,
  tell: Tell,
): void {
  for (const [key, { value }] of now) {
    const old = before.get(key);
    const wasGone = typeof old?.lease === 'string' && vanished.has(old.lease);
    if (wasGone) tell(key, null);
    if (old === undefined || wasGone || Buffer.compare(old.value, value) !== 0) tell(key, value.slice());
  }
  for (const key of before.keys()) if (!now.has(key)) tell(key, null);
}
