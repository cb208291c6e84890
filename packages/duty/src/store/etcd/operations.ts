import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Compare, Transaction, Write } from '../port.ts';
import { notALease } from '../shared/checks.ts';
import type { KeySpace } from '../shared/key-space.ts';
import {
  Compare_CompareResult,
  Compare_CompareTarget,
  type CompareSchema,
  type RequestOpSchema,
  type ResponseOp,
  type TxnRequestSchema,
  type TxnResponse,
} from './gen/rpc_pb.js';

type CompareInit = MessageInitShape<typeof CompareSchema>;
type RequestOpInit = MessageInitShape<typeof RequestOpSchema>;
export type TxnInit = MessageInitShape<typeof TxnRequestSchema>;

/**
 * One transaction as etcd's If / Then / Else. The Else reads the compared keys, so that the answer of a
 * conflict also holds their values.
 *
 * If a transaction writes nothing, etcd sees reads only and takes no log entry. It still asks the leader for
 * the newest state, because these reads are not marked serializable. (A member would answer a transaction
 * with no operation in either branch from its own state: `IsTxnSerializable` in etcd's server/etcdserver/txn.
 * Ours always has the Else.)
 */
export function txnOf(keys: KeySpace, { compares, writes }: Transaction): TxnInit {
  return ifThen(keys, compares, writes, compares);
}

/**
 * Transactions of one batch as one: what all of them compare, each key once, and what all of them write. If
 * all compares hold, every transaction is applied, as if one after another, because none compares what
 * another one writes ({@link planBatches}). If one does not hold, none is.
 *
 * The Else reads one compared key: with no operation in it, an empty (damaged) answer would have the shape of
 * "not succeeded". See {@link heldTogether}.
 */
export function togetherOf(keys: KeySpace, transactions: readonly Transaction[]): TxnInit {
  const all = transactions.flatMap(({ compares }) => compares);
  const compares = [...new Map(all.map((compare) => [compare.key, compare])).values()];
  const writes = transactions.flatMap(({ writes }) => writes);
  return ifThen(keys, compares, writes, compares.slice(0, 1));
}

/**
 * Whether the transactions of a batch were applied; false only if etcd says that they were not. Throws if the
 * answer has another shape.
 */
export function heldTogether(response: TxnResponse, transactions: readonly Transaction[]): boolean {
  const count = transactions.reduce((sum, { writes }) => sum + writes.length, 0);
  if (response.succeeded) exactly(response, count);
  else valuesOf(response, 1);
  return response.succeeded;
}

function ifThen(
  keys: KeySpace,
  compares: readonly Compare[],
  writes: readonly Write[],
  read: readonly Compare[],
): TxnInit {
  return {
    compare: compares.map(({ key, value }) => compareOf(keys.encode(key), value)),
    success: writes.map((write) => writeOf(keys, write)),
    failure: read.map(({ key }) => readOf(keys, key)),
  };
}

export function readOf(keys: KeySpace, key: string, revision = 0n): RequestOpInit {
  const value = { key: keys.encode(key), revision, serializable: false };
  return { request: { case: 'requestRange', value } };
}

/** etcd's half-open range of the records with this prefix, or of those after `after`. */
export function recordRange(keys: KeySpace, prefix: string, after?: string) {
  const { start, end } = keys.range(prefix, after);
  // One zero byte as the end means: without end (etcd API, RangeRequest.range_end).
  return { key: start, rangeEnd: end.length === 0 ? Uint8Array.of(0) : end };
}

/** A key that does not exist has version 0; a compare of its value never holds, not even with empty bytes. */
function compareOf(key: Uint8Array, value: Compare['value']): CompareInit {
  const result = Compare_CompareResult.EQUAL;
  if (value === null) {
    return {
      key,
      result,
      target: Compare_CompareTarget.VERSION,
      targetUnion: { case: 'version', value: 0n },
    };
  }
  return {
    key,
    result,
    target: Compare_CompareTarget.VALUE,
    targetUnion: { case: 'value', value },
  };
}

function writeOf(keys: KeySpace, write: Write): RequestOpInit {
  const key = keys.encode(write.key);
  if (write.value === null) return { request: { case: 'requestDeleteRange', value: { key } } };
  const lease = write.lease === undefined ? 0n : leaseId(write.lease);
  return { request: { case: 'requestPut', value: { key, value: write.value, lease } } };
}

/** The results of the reads of an answer, in their order. Throws if the answer has another shape. */
export function valuesOf(response: TxnResponse, count: number): (Uint8Array | null)[] {
  return exactly(response, count).map((operation) => {
    if (operation.response.case !== 'responseRange')
      throw unexpected(`a ${operation.response.case} instead of a read`);
    return operation.response.value.kvs[0]?.value.slice() ?? null;
  });
}

function exactly({ responses }: TxnResponse, count: number): readonly ResponseOp[] {
  if (responses.length === count) return responses;
  throw unexpected(`${responses.length} results instead of ${count}`);
}

function unexpected(what: string): Error {
  return new Error(`etcd answered ${what}`);
}

/** etcd's number of a lease; throws `refused` for any other text. */
export function leaseId(id: string): bigint {
  if (/^[1-9][0-9]{0,18}$/.test(id)) return BigInt(id);
  throw notALease(id);
}
