import { type CoreContext, readTexts } from '../ground/context.ts';
import { toBytes } from '../ground/records.ts';
import { decodeObservation, encodeObservation, type ObservationRecord } from './record.ts';

export type Records = readonly (readonly [recordKey: string, record: ObservationRecord])[];

/** Records of one transaction, below the limit of every store. */
const RECORDS_PER_TRANSACTION = 32;

/** Writes records; answers the keys of those that were not, or perhaps not, written. */
export async function writeRecords(context: CoreContext, state: { refused: boolean }, records: Records) {
  if (records.length === 0) return [];
  const { store, log } = context.parts;
  try {
    const groups: Records[] = [];
    for (let from = 0; from < records.length; from += RECORDS_PER_TRANSACTION)
      groups.push(records.slice(from, from + RECORDS_PER_TRANSACTION));
    const transactions = groups.map((group) => ({
      compares: [],
      writes: group.map(([key, record]) => ({ key, value: toBytes(encodeObservation(record)) })),
    }));
    const results = await store.transact(transactions, { timeoutMs: context.options.storeTimeoutMs });
    if (state.refused) log.info({ event: 'observation-written' }, 'observations are shared again');
    state.refused = false;
    return groups.flatMap((group, index) =>
      results[index]?.outcome === 'applied' ? [] : group.map(([key]) => key),
    );
  } catch (error) {
    const recordKeys = records.map(([key]) => key);
    const event = { event: 'observation-unwritten', keys: recordKeys.slice(0, 5), error: String(error) };
    if (!state.refused) log.warn(event, `observations that were not shared: ${records.length}`);
    state.refused = true;
    return recordKeys;
  }
}

/** The records that the store has. Empty if it does not answer: the next change asks again. */
export async function readRecords(context: CoreContext, recordKeys: readonly string[]): Promise<Records> {
  try {
    const texts = await readTexts(context, recordKeys);
    return recordKeys.flatMap((key, index) => {
      const text = texts[index] ?? null;
      return text === null ? [] : [[key, decodeObservation(key, text)] as const];
    });
  } catch (error) {
    const event = { event: 'observation-unread', keys: recordKeys.slice(0, 5), error: String(error) };
    context.parts.log.warn(event, 'an observation was not read');
    return [];
  }
}
