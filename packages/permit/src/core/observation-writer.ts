import type { CoreContext } from './context.ts';
import type { Format } from './epoch.ts';
import { encodeObservation, type ObservationRecord } from './observation-record.ts';
import { toBytes } from './records.ts';

/** Shares the reports of observers at this service with the other services, at a bounded rate. */
export interface ObservationWriter {
  /** Write this soon; a later report replaces it. */
  put(recordKey: string, record: ObservationRecord): void;
  /** Reported here and not written yet: newer than the store. */
  pending(recordKey: string): ObservationRecord | undefined;
  /** True for the text that this service wrote last. */
  wrote(recordKey: string, record: ObservationRecord): boolean;
}

/** An observer's report is written at most this often; its last one is written in the end. */
const WRITE_INTERVAL_MS = 250;
/** An unchanged report is written this often, so that other services see that the observer is alive. */
const REPEAT_INTERVAL_MS = 10_000;

/** @param onWrite called with each record as it is being written */
export function createObservationWriter(
  context: CoreContext,
  format: () => Format,
  onWrite: (recordKey: string, record: ObservationRecord) => void,
): ObservationWriter {
  const { store, clock, log } = context.parts;
  const written = new Map<string, { atMs: number; values: string; whole: string }>();
  const due = new Set<string>();
  const waiting = new Map<string, ObservationRecord>();

  async function write(recordKey: string): Promise<void> {
    const record = waiting.get(recordKey);
    if (record === undefined) return;
    waiting.delete(recordKey);
    onWrite(recordKey, record);
    const values = encodeObservation(record, 1);
    const nowMs = clock.monotonicMs();
    const last = written.get(recordKey);
    if (last?.values === values && nowMs - last.atMs < REPEAT_INTERVAL_MS) return;
    written.set(recordKey, { atMs: nowMs, values, whole: encodeObservation(record, 2) });
    const text = encodeObservation(record, format());
    const results = await store.transact(
      [{ compares: [], writes: [{ key: recordKey, value: toBytes(text) }] }],
      { timeoutMs: context.options.storeTimeoutMs },
    );
    if (results[0]?.outcome !== 'applied') written.delete(recordKey);
  }

  async function writeSoon(recordKey: string): Promise<void> {
    if (due.has(recordKey)) return;
    due.add(recordKey);
    const lastMs = written.get(recordKey)?.atMs ?? Number.NEGATIVE_INFINITY;
    await clock.sleep(Math.max(0, lastMs + WRITE_INTERVAL_MS - clock.monotonicMs()));
    due.delete(recordKey);
    await write(recordKey).catch((error: unknown) => {
      written.delete(recordKey);
      log.warn(
        { event: 'observation-unwritten', key: recordKey, error: String(error) },
        'an observation was not shared',
      );
    });
  }

  return {
    put(recordKey, record) {
      waiting.set(recordKey, record);
      void writeSoon(recordKey);
    },
    pending: (recordKey) => waiting.get(recordKey),
    wrote: (recordKey, record) => written.get(recordKey)?.whole === encodeObservation(record, 2),
  };
}
