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

/**
 * The reports of all observers are written together, at most this often; the last ones are written in the
 * end. Each node reports every second: a write for each report would cost more than the claims of the nodes.
 */
const WRITE_INTERVAL_MS = 250;
/** An unchanged report is written this often, so that other services see that the observer is alive. */
const REPEAT_INTERVAL_MS = 10_000;
/** Records of one transaction, below the limit of every store. */
const RECORDS_PER_TRANSACTION = 32;

interface Text {
  readonly key: string;
  readonly text: string;
}

/** @param onWrite called with each record as it is being written */
export function createObservationWriter(
  context: CoreContext,
  format: () => Format,
  onWrite: (recordKey: string, record: ObservationRecord) => void,
): ObservationWriter {
  const { clock } = context.parts;
  const written = createWritten();
  const waiting = new Map<string, ObservationRecord>();
  let writing = false;
  let lastMs = Number.NEGATIVE_INFINITY;

  /** The changed texts; from now on they count as written. */
  function take(): readonly Text[] {
    const texts: Text[] = [];
    for (const [key, record] of waiting) {
      waiting.delete(key);
      onWrite(key, record);
      if (written.put(key, record, lastMs)) texts.push({ key, text: encodeObservation(record, format()) });
    }
    return texts;
  }

  /** One call at a time: reports that come meanwhile wait for the next one. */
  async function writeWaiting(): Promise<void> {
    if (writing) return;
    writing = true;
    while (waiting.size > 0) {
      await clock.sleep(Math.max(0, lastMs + WRITE_INTERVAL_MS - clock.monotonicMs()));
      lastMs = clock.monotonicMs();
      for (const { key } of await unwritten(context, take())) written.delete(key);
    }
    writing = false;
  }

  return {
    put(recordKey, record) {
      waiting.set(recordKey, record);
      void writeWaiting();
    },
    pending: (recordKey) => waiting.get(recordKey),
    wrote: written.has,
  };
}

/** The last texts of this service, by record key. */
function createWritten() {
  const written = new Map<string, { atMs: number; values: string; whole: string }>();
  return {
    has: (key: string, record: ObservationRecord) => written.get(key)?.whole === encodeObservation(record, 2),
    /** False for values that were written a short time ago. */
    put(key: string, record: ObservationRecord, nowMs: number): boolean {
      const values = encodeObservation(record, 1);
      const last = written.get(key);
      if (last?.values === values && nowMs - last.atMs < REPEAT_INTERVAL_MS) return false;
      written.set(key, { atMs: nowMs, values, whole: encodeObservation(record, 2) });
      return true;
    },
    delete: (key: string) => written.delete(key),
  };
}

/** Writes texts; answers those that were not, or perhaps not, written. */
async function unwritten(context: CoreContext, texts: readonly Text[]): Promise<readonly Text[]> {
  if (texts.length === 0) return [];
  try {
    return await writeTexts(context, texts);
  } catch (error) {
    const keys = texts.slice(0, 5).map(({ key }) => key);
    const event = { event: 'observation-unwritten', keys, error: String(error) };
    context.parts.log.warn(event, `observations that were not shared: ${texts.length}`);
    return texts;
  }
}

/** Answers the texts of transactions that were not, or perhaps not, applied. Throws if certainly none was. */
async function writeTexts(
  { parts: { store }, options: { storeTimeoutMs: timeoutMs } }: CoreContext,
  texts: readonly Text[],
): Promise<readonly Text[]> {
  const groups: (readonly Text[])[] = [];
  for (let from = 0; from < texts.length; from += RECORDS_PER_TRANSACTION)
    groups.push(texts.slice(from, from + RECORDS_PER_TRANSACTION));
  const transactions = groups.map((group) => ({
    compares: [],
    writes: group.map(({ key, text }) => ({ key, value: toBytes(text) })),
  }));
  const results = await store.transact(transactions, { timeoutMs });
  return groups.flatMap((group, index) => (results[index]?.outcome === 'applied' ? [] : group));
}
