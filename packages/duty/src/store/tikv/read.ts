import type { Budget } from '../grpc/budget.ts';
import type { ListResult, Page, StoreRecord } from '../port.ts';
import { checkKey, checkPrefix, pageLimit } from '../shared/checks.ts';
import type { KvPair } from './gen/kvrpcpb_pb.js';
import { entryOrThrow, type Reader, stateAt } from './records.ts';
import { scanAt } from './snapshot.ts';

/** Records of one page are asked for in parts of this size. */
const SCAN_RECORDS = 256;

/** Several keys at one moment: a timestamp that was requested after the call began. */
export async function readKeys(
  reader: Reader,
  names: readonly string[],
  budget: Budget,
): Promise<(Uint8Array | null)[]> {
  for (const name of names) checkKey(name);
  if (names.length === 0) return [];
  const ts = await reader.cluster.pd.timestamp(budget);
  const state = await stateAt(reader, [...new Set(names)], [], { ts }, budget);
  return names.map((name) => state?.valueOf(name)?.slice() ?? null);
}

/** One page of the records under a prefix, at one moment; TiKV's order is that of the bytes. */
export async function listKeys(
  reader: Reader,
  prefix: string,
  page: Page | undefined,
  budget: Budget,
): Promise<ListResult> {
  checkPrefix(prefix);
  pageLimit(page);
  const ts = await reader.cluster.pd.timestamp(budget);
  return pageAt(reader, prefix, page, ts, budget);
}

export async function pageAt(
  reader: Reader,
  prefix: string,
  page: Page | undefined,
  ts: bigint,
  budget: Budget,
): Promise<ListResult> {
  const limit = pageLimit(page);
  const records: StoreRecord[] = [];
  let after = page?.after;
  while (records.length <= limit) {
    const wanted = Math.min(SCAN_RECORDS, limit + 1 - records.length);
    const scan = { range: reader.keys.range(prefix, after), limit: wanted };
    const pairs = await scanAt(reader.cluster, scan, ts, budget);
    records.push(...(await living(reader, pairs, ts, budget)));
    const last = pairs.at(-1);
    if (pairs.length < wanted || last === undefined) break;
    after = reader.keys.decode(last.key);
  }
  return { records: records.slice(0, limit), more: records.length > limit };
}

/**
 * The records whose lease, if they have one, is alive at that moment. Throws `damaged` for bytes of another
 * program.
 */
async function living(
  reader: Reader,
  pairs: readonly KvPair[],
  ts: bigint,
  budget: Budget,
): Promise<readonly StoreRecord[]> {
  const entries = pairs.map(({ key: bytes, value }) => {
    const key = reader.keys.decode(bytes);
    return { key, ...entryOrThrow(value, key) };
  });
  const ids = new Set(entries.flatMap(({ lease }) => lease ?? []));
  const state = ids.size === 0 ? null : await stateAt(reader, [], [...ids], { ts }, budget);
  return entries
    .filter(({ lease }) => lease === null || state?.leaseAlive(lease) === true)
    .map(({ key, value }) => ({ key, value }));
}
