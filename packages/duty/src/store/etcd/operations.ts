import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Compare, Transaction, Write } from '../port.ts';
import { notALease } from '../shared/checks.ts';
import type { KeySpace } from '../shared/key-space.ts';
import type { Flat } from './flat.ts';
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
export function txnOf(keys: KeySpace, transaction: Transaction): TxnInit {
  return {
    ...ifElse(keys, transaction.compares),
    success: transaction.writes.map((write) => writeOf(keys, write)),
  };
}

/**
 * Several transactions as one, each with its own If / Then / Else. See {@link planBatches} for when this is
 * allowed.
 */
export function batchOf(keys: KeySpace, transactions: readonly Transaction[]): TxnInit {
  return {
    success: transactions.map((transaction) => ({
      request: { case: 'requestTxn' as const, value: txnOf(keys, transaction) },
    })),
  };
}

/**
 * A batch in its flat form. The Else reads one compared key: with no operation in it, an empty (damaged)
 * answer would have the shape of "not succeeded". See {@link flatHeld}.
 */
export function flatTxnOf(keys: KeySpace, { compares, writes }: Flat): TxnInit {
  return {
    compare: compares.map(({ key, value }) => compareOf(keys.encode(key), value)),
    success: writes.map((write) => writeOf(keys, write)),
    failure: [readOf(keys, compares[0].key)],
  };
}

/**
 * Whether a flat batch was applied; false only if etcd says that it was not. Throws if the answer has another
 * shape.
 */
export function flatHeld(response: TxnResponse, { writes }: Flat): boolean {
  if (response.succeeded) exactly(response, writes.length);
  else valuesOf(response, 1);
  return response.succeeded;
}

/** The compares, and the reads of the compared keys; each key is turned into bytes once. */
function ifElse(keys: KeySpace, compares: readonly Compare[]): Pick<TxnInit, 'compare' | 'failure'> {
  const encoded = compares.map(({ key, value }) => ({ key: keys.encode(key), value }));
  return {
    compare: encoded.map(({ key, value }) => compareOf(key, value)),
    failure: encoded.map(({ key }) => rangeOf(key, 0n)),
  };
}

export function readOf(keys: KeySpace, key: string, revision = 0n): RequestOpInit {
  return rangeOf(keys.encode(key), revision);
}

function rangeOf(key: Uint8Array, revision: bigint): RequestOpInit {
  return { request: { case: 'requestRange', value: { key, revision, serializable: false } } };
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

/** The answers of the nested transactions of {@link batchOf}. */
export function nestedOf(response: TxnResponse, count: number): TxnResponse[] {
  return exactly(response, count).map((operation) => {
    if (operation.response.case !== 'responseTxn')
      throw unexpected(`a ${operation.response.case} in a batch`);
    return operation.response.value;
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
