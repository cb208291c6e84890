import type { DescService } from '@bufbuild/protobuf';
import { createClient } from '@connectrpc/connect';
import { createGrpcTransport, Http2SessionManager } from '@connectrpc/connect-node';

/** etcd's service KV, as far as the benches use it. */
export interface EtcdKv {
  txn(request: unknown, options: { readonly timeoutMs: number }): Promise<TxnResponse>;
}

/** Of etcd's rpc.proto: whether the compare held, and the answers of the branch that ran. */
export interface TxnResponse {
  readonly succeeded: boolean;
  readonly responses: readonly {
    readonly response: {
      readonly case?: string;
      readonly value?: { readonly kvs?: readonly { readonly value: Uint8Array }[] };
    };
  }[];
}

/** `Compare.CompareResult.EQUAL` and `Compare.CompareTarget.VERSION` of etcd's rpc.proto. */
const EQUAL = 0;
const VERSION = 0;
/**
 * The generated messages are private to the store. A bare client must not pay for the store, so it reaches
 * for them.
 */
const GENERATED = new URL('../../src/store/etcd/gen/rpc_pb.js', import.meta.url).href;

/** The client that was generated for the store, without the store, over one connection of HTTP/2. */
export async function openEtcdKv(endpoint: string): Promise<EtcdKv> {
  const { KV } = (await import(GENERATED)) as { readonly KV: DescService };
  const sessionManager = new Http2SessionManager(endpoint);
  const transport = createGrpcTransport({ baseUrl: endpoint, sessionManager, acceptCompression: [] });
  return createClient(KV, transport) as unknown as EtcdKv;
}

/** One compare, one put: the least that grants a unit to one of two. */
export function putIfAbsent(key: Uint8Array, value: Uint8Array) {
  const target = { result: EQUAL, target: VERSION, targetUnion: { case: 'version', value: 0n } };
  return {
    compare: [{ key, ...target }],
    success: [{ request: { case: 'requestPut', value: { key, value } } }],
  };
}

/** The same, which reads the key if it is there. */
export function putOrGet(key: Uint8Array, value: Uint8Array) {
  return {
    ...putIfAbsent(key, value),
    failure: [{ request: { case: 'requestRange', value: { key } } }],
  };
}
