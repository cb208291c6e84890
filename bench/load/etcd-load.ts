// A process of its own: bare etcd transactions by the client that was generated for the store, without the
// store.

import type { DescService } from '@bufbuild/protobuf';
import { createClient } from '@connectrpc/connect';
import { createGrpcTransport, Http2SessionManager } from '@connectrpc/connect-node';
import { serveJobs } from './jobs.ts';

export interface EtcdLoadSetUp {
  readonly endpoint: string;
  /** Sizes like those of a mark, so that etcd writes as much as for a grant. */
  readonly keyBytes: number;
  readonly valueBytes: number;
}

interface Kv {
  txn(request: unknown, options: { readonly timeoutMs: number }): Promise<{ readonly succeeded: boolean }>;
}

const TIMEOUT_MS = 10_000;
/** `Compare.CompareResult.EQUAL` and `Compare.CompareTarget.VERSION` of etcd's rpc.proto. */
const EQUAL = 0;
const VERSION = 0;
/**
 * The generated messages are private to the store. The baseline must not pay for the store, so it reaches for
 * them.
 */
const GENERATED = new URL('../../packages/store/src/etcd/gen/rpc_pb.js', import.meta.url).href;

serveJobs<EtcdLoadSetUp>(async ({ endpoint, keyBytes, valueBytes }) => {
  const { KV } = (await import(GENERATED)) as { readonly KV: DescService };
  const sessionManager = new Http2SessionManager(endpoint);
  const transport = createGrpcTransport({ baseUrl: endpoint, sessionManager, acceptCompression: [] });
  const kv = createClient(KV, transport) as unknown as Kv;
  const value = Buffer.alloc(valueBytes, 'v');
  const run = `/bench/${process.pid}/`;
  let count = 0;
  return async () => {
    count += 1;
    const key = Buffer.from((run + count).padEnd(keyBytes, '/'));
    const answer = await kv.txn(putIfAbsent(key, value), { timeoutMs: TIMEOUT_MS });
    if (!answer.succeeded) throw new Error(`etcd did not put ${key.toString()}`);
  };
});

/** One compare, one put: the least that grants a unit to one of two. */
function putIfAbsent(key: Uint8Array, value: Uint8Array) {
  const target = { result: EQUAL, target: VERSION, targetUnion: { case: 'version', value: 0n } };
  return {
    compare: [{ key, ...target }],
    success: [{ request: { case: 'requestPut', value: { key, value } } }],
  };
}
