import type { Budget } from '../grpc/budget.ts';
import type { ListResult, Page } from '../port.ts';
import { checkKey, checkPrefix, pageLimit } from '../shared/checks.ts';
import { MAX_TXN_OPS } from './batch.ts';
import { answerOf, type Context, readRange, repeatable } from './call.ts';
import { KV, type TxnResponse } from './gen/rpc_pb.js';
import { readOf, recordRange, valuesOf } from './operations.ts';

/**
 * Several keys at one moment. Keys that do not fit into one request are read at the revision of the first
 * request, which is the same moment. Such a later read is linearizable like the first, and etcd keeps the
 * revision unless it is compacted in between.
 */
export async function readKeys(
  context: Context,
  names: readonly string[],
  budget: Budget,
): Promise<(Uint8Array | null)[]> {
  const { keys } = context;
  for (const name of names) checkKey(name);
  const values: (Uint8Array | null)[] = [];
  let revision = 0n;
  for (let from = 0; from < names.length; from += MAX_TXN_OPS) {
    const some = names.slice(from, from + MAX_TXN_OPS);
    const success = some.map((name) => readOf(keys, name, revision));
    const request = { ...repeatable(KV.method.txn, { success }), header: (txn: TxnResponse) => txn.header };
    const answer = await answerOf(context, request, budget);
    values.push(...valuesOf(answer, some.length));
    revision = answer.header?.revision ?? revision;
  }
  return values;
}

/** One page of the records under a prefix; etcd's order is that of the bytes. */
export async function listKeys(
  context: Context,
  prefix: string,
  page: Page = {},
  budget: Budget,
): Promise<ListResult> {
  checkPrefix(prefix);
  const range = { ...recordRange(context.keys, prefix, page.after), limit: BigInt(pageLimit(page)) };
  const answer = await answerOf(context, readRange(range), budget);
  return {
    records: answer.kvs.map(({ key, value }) => ({ key: context.keys.decode(key), value: value.slice() })),
    more: answer.more,
  };
}
