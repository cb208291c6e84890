// A process of its own: bare etcd transactions by the client that was generated for the store, without the
// store.

import { openEtcdKv, putIfAbsent } from './etcd-kv.ts';
import { serveJobs } from './jobs.ts';

export interface EtcdLoadSetUp {
  readonly endpoint: string;
  /** Sizes like those of a mark, so that etcd writes as much as for a grant. */
  readonly keyBytes: number;
  readonly valueBytes: number;
}

const TIMEOUT_MS = 10_000;

serveJobs<EtcdLoadSetUp>(async ({ endpoint, keyBytes, valueBytes }) => {
  const kv = await openEtcdKv(endpoint);
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
