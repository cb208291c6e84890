import { type Clock, messageOf, OVER } from '@watchbill/kit';
import type { Watch } from '../../store/index.ts';
import type { CoreContext } from '../ground/context.ts';
import type { LedgerIdentity } from '../ground/genesis.ts';
import { keys } from '../ground/keys.ts';
import { readyOrLate } from '../ground/mirror.ts';
import { LedgerFault } from '../ledger/port.ts';
import { type Happening, type Performer, perform } from './effects-shell.ts';
import { reportKey } from './report.ts';
import type { ReportsEvent } from './report-events.ts';
import { emptyState, type ReportsState } from './state.ts';
import { step } from './step.ts';
import { listRecords, type ReadMark } from './store-records.ts';
import { isPending, wakeMs } from './sync.ts';
import { createWaiters } from './waiters.ts';

/** The shell around the step: the one place with time, store and disk. */
export interface Loop {
  state(): ReportsState;
  /** Reads the words of the own disk and all records. Rejects with a StoreFault. */
  start(): Promise<void>;
  happened(happening: Happening): void;
  /**
   * Settles when `holds` is true. Rejects with the fault of the own disk about that record, or, late, with
   * `late`.
   */
  until(holds: () => boolean, recordKey: () => string | null, late: () => Error): Promise<void>;
  /** Settles when the store and the disk hold what these entries say, or after the store's time. */
  quiet(recordKeys: readonly string[]): Promise<void>;
  stop(): Promise<void>;
}

export function createLoop(
  context: CoreContext,
  identity: Pick<LedgerIdentity, 'epoch' | 'voided'>,
  readMark: ReadMark,
): Loop {
  const { clock, ledger } = context.parts;
  const stopping = new AbortController();
  const waiters = createWaiters(context);
  const performer: Performer = { context, epochs: identity, readMark, happened, diskFailed: waiters.fail };
  let state = emptyState(ledger.serviceId, clock.monotonicMs());
  let wake = () => {};
  let watch: Watch | null = null;
  let running: Promise<void> = Promise.resolve();

  function happened(happening: Happening): void {
    if (stopping.signal.aborted) return;
    const time = { nowMs: clock.monotonicMs(), atMs: clock.nowMs() };
    const next = step(state, { ...happening, ...time } as ReportsEvent);
    state = next.state;
    for (const effect of next.effects) void perform(performer, effect);
    waiters.look();
    wake();
  }

  /** An event may bring the next tick forward. */
  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      const woken = new Promise<void>((resolve) => {
        wake = resolve;
      });
      await napUntil(clock, wakeMs(state), woken);
      const dueMs = wakeMs(state);
      if (dueMs !== null && dueMs <= clock.monotonicMs()) happened({ kind: 'tick' });
    }
  }

  return {
    state: () => state,
    async start() {
      watch = await readEverything(context, stopping.signal, happened);
      running = run();
    },
    happened,
    until: waiters.until,
    quiet(recordKeys) {
      const calm = () => recordKeys.every((recordKey) => isCalm(state, recordKey));
      const late = () => new LedgerFault('a rollback report is still being written', 'It is tried again.');
      return waiters.until(calm, () => null, late).catch(() => undefined);
    },
    async stop() {
      stopping.abort();
      wake();
      watch?.stop();
      waiters.fail(null, new LedgerFault('the service stops', 'Start it again.'));
      await running;
    },
  };
}

/** Without a moment it waits until it is woken. */
async function napUntil(clock: Clock, atMs: number | null, woken: Promise<void>): Promise<void> {
  if (atMs === null) return woken;
  const nap = new AbortController();
  await Promise.race([woken, clock.sleep(Math.max(1, atMs - clock.monotonicMs()), nap.signal)]);
  nap.abort(OVER);
}

function isCalm(state: ReportsState, recordKey: string): boolean {
  const entry = state.entries.get(recordKey);
  return entry === undefined || !isPending(state, entry);
}

/** The words of the own disk first, so that they hold from the start; then every record in the store. */
async function readEverything(
  context: CoreContext,
  stopping: AbortSignal,
  happened: (happening: Happening) => void,
): Promise<Watch> {
  const { ledger } = context.parts;
  for (const { id, text } of ledger.openWords())
    happened({ kind: 'on-disk', recordKey: reportKey(ledger.serviceId, id), text });
  const { watch, late, readAll } = await followRecords(context, stopping, (recordKey) =>
    happened({ kind: 'record-changed', recordKey }),
  );
  for (const [recordKey, text] of await listRecords(context))
    happened({ kind: 'record-seen', recordKey, call: null, text });
  late(readAll);
  return watch;
}

/** Hints of the store about records under `doubt/`; after a gap, about all of them. */
async function followRecords(
  context: CoreContext,
  stopping: AbortSignal,
  changed: (recordKey: string) => void,
) {
  const { store, clock, log } = context.parts;
  async function readAll(): Promise<void> {
    for (let attempt = 1; !stopping.aborted; attempt++) {
      try {
        for (const recordKey of (await listRecords(context)).keys()) changed(recordKey);
        return;
      } catch (error) {
        log.warn({ event: 'mirror-stale', prefix: keys.doubts, error: messageOf(error) }, 'read again later');
        await clock.sleep(Math.min(5_000, 200 * attempt), stopping);
      }
    }
  }
  const watch = store.watch(keys.doubts, {
    onChange: ({ key }) => changed(key),
    onResync: () => void readAll(),
  });
  return { watch, readAll, late: await readyOrLate(context, watch) };
}
