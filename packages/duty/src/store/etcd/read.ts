import { type CallOptions, type ListResult, type Page, StoreFault } from '../port.ts';
import { answerOf, type Context } from './call.ts';
import { KV, type RangeResponse, type TxnResponse } from './gen/rpc_pb.js';
import { checkKey, checkPrefix, type KeySpace } from './keys.ts';
import { readOf, valuesOf } from './operations.ts';

const MAX_PAGE_RECORDS = 1_000;

/**
 * Several keys at one moment. Keys that do not fit into one request are read at the revision of the first
 * request, which is the same moment. Such a later read is linearizable like the first, and etcd keeps the
 * revision unless it is compacted in between.
 */
export async function readKeys(
  context: Context,
  keySpace: KeySpace,
  maxTxnOps: number,
  keys: readonly string[],
  options?: CallOptions,
): Promise<(Uint8Array | null)[]> {
  for (const key of keys) checkKey(key);
  const values: (Uint8Array | null)[] = [];
  let revision = 0n;
  for (let from = 0; from < keys.length; from += maxTxnOps) {
    const some = keys.slice(from, from + maxTxnOps);
    const success = some.map((key) => readOf(keySpace, key, revision));
    const answer: TxnResponse = await answerOf(
      context,
      {
        repeatable: true,
        send: (member, rpc) => member.channel.unary(KV.method.txn, { success }, rpc),
        header: (txn) => txn.header,
      },
      options,
    );
    values.push(...valuesOf(answer, some.length));
    revision = answer.header?.revision ?? revision;
  }
  return values;
}

/** One page of the records under a prefix; etcd's order is that of the bytes. */
export async function listKeys(
  context: Context,
  keySpace: KeySpace,
  prefix: string,
  page: Page = {},
  options?: CallOptions,
): Promise<ListResult> {
  checkPrefix(prefix);
  const limit = page.limit ?? MAX_PAGE_RECORDS;
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_PAGE_RECORDS) {
    throw new StoreFault('refused', `a page limit of ${limit}`, `ask for 1 to ${MAX_PAGE_RECORDS} records`);
  }
  const range = { ...keySpace.range(prefix, page.after), limit: BigInt(limit), serializable: false };
  const answer: RangeResponse = await answerOf(
    context,
    {
      repeatable: true,
      send: (member, rpc) => member.channel.unary(KV.method.range, range, rpc),
      header: ({ header }) => header,
    },
    options,
  );
  return {
    records: answer.kvs.map(({ key, value }) => ({ key: keySpace.decode(key), value: value.slice() })),
    more: answer.more,
  };
}
