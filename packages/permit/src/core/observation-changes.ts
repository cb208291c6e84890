import { type CoreContext, readTexts } from './context.ts';
import { decodeObservation, type ObservationRecord } from './observation-record.ts';

export interface ChangedRecords {
  /** Whether a reading of this record may show a new report. */
  isNews(recordKey: string): boolean;
  /** Begins a reading; the function takes over a record that it found. */
  begin(): (recordKey: string, record: ObservationRecord) => void;
}

/**
 * Reads records that another service changed. A watch may be late, so its values do not count: a linearizable
 * read does. One read at a time, of all records that changed until then.
 * @returns to be called with the key of each record that a watch names
 */
export function createChangeReader(
  context: CoreContext,
  { isNews, begin }: ChangedRecords,
): (recordKey: string) => void {
  const changed = new Set<string>();
  let reading = false;

  async function readChanged(): Promise<void> {
    if (reading) return;
    reading = true;
    while (changed.size > 0) {
      const keys = [...changed].filter(isNews);
      changed.clear();
      const take = begin();
      for (const [key, record] of await readRecords(context, keys)) take(key, record);
    }
    reading = false;
  }

  return (recordKey) => {
    changed.add(recordKey);
    void readChanged();
  };
}

/** Empty if the store does not answer: the next change asks again. */
async function readRecords(
  context: CoreContext,
  recordKeys: readonly string[],
): Promise<readonly (readonly [string, ObservationRecord])[]> {
  if (recordKeys.length === 0) return [];
  try {
    const texts = await readTexts(context, recordKeys);
    return recordKeys.flatMap((key, index) => {
      const text = texts[index] ?? null;
      return text === null ? [] : [[key, observationOf(key, text)] as const];
    });
  } catch (error) {
    const event = { event: 'observation-unread', keys: recordKeys.slice(0, 5), error: String(error) };
    context.parts.log.warn(event, 'an observation was not read');
    return [];
  }
}

/** The record under a key, whose last part names the observer. */
export function observationOf(recordKey: string, text: string): ObservationRecord {
  return decodeObservation(recordKey.slice(recordKey.lastIndexOf('/') + 1), text);
}
