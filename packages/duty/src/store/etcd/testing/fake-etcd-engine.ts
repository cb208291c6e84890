import type { ServerHttp2Stream } from 'node:http2';
import { create, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import {
  type Compare,
  Compare_CompareTarget,
  type RequestOp,
  type ResponseOpSchema,
  type TxnRequest,
  TxnRequestSchema,
  TxnResponseSchema,
} from '../gen/rpc_pb.js';
import { fakeMessage } from './fake-etcd.ts';

type TxnResponseInit = MessageInitShape<typeof TxnResponseSchema>;
type ResponseOpInit = MessageInitShape<typeof ResponseOpSchema>;

/** etcd's transactions in memory. For tests. */
export interface FakeEngine {
  /** Every transaction that arrived, in order. */
  readonly requests: TxnRequest[];
  /** Values by key, without the store's prefix. */
  readonly records: Map<string, string>;
  /** Answer the transaction that comes over this stream. */
  answer(stream: ServerHttp2Stream): void;
}

export function fakeEngine(prefix: string, onRequest: (index: number) => void = () => {}): FakeEngine {
  const requests: TxnRequest[] = [];
  const records = new Map<string, string>();
  const perform = performer(records, (key) => Buffer.from(key).toString().slice(prefix.length));
  const run = (request: TxnRequest): Uint8Array => {
    onRequest(requests.length);
    requests.push(request);
    return toBinary(TxnResponseSchema, create(TxnResponseSchema, perform(request)));
  };
  return {
    requests,
    records,
    answer: (stream) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      // Five bytes of gRPC's frame come before the message.
      stream.on('end', () =>
        fakeMessage(stream, run(fromBinary(TxnRequestSchema, Buffer.concat(chunks).subarray(5)))),
      );
    },
  };
}

function performer(
  records: Map<string, string>,
  keyOf: (bytes: Uint8Array) => string,
): (request: TxnRequest) => TxnResponseInit {
  const holds = ({ key, target, targetUnion }: Compare): boolean => {
    const value = records.get(keyOf(key));
    if (target === Compare_CompareTarget.VERSION) return value === undefined;
    if (targetUnion.case !== 'value') throw new Error(`a compare of ${String(targetUnion.case)}`);
    return value === Buffer.from(targetUnion.value).toString();
  };
  const one = ({ request }: RequestOp): ResponseOpInit => {
    if (request.case === 'requestPut') {
      records.set(keyOf(request.value.key), Buffer.from(request.value.value).toString());
      return { response: { case: 'responsePut', value: {} } };
    }
    if (request.case !== 'requestRange') throw new Error(`an operation ${String(request.case)}`);
    const value = records.get(keyOf(request.value.key));
    const kvs = value === undefined ? [] : [{ key: request.value.key, value: Buffer.from(value) }];
    return { response: { case: 'responseRange', value: { kvs } } };
  };
  return ({ compare, success, failure }) => {
    const succeeded = compare.every(holds);
    return { succeeded, responses: (succeeded ? success : failure).map(one) };
  };
}
