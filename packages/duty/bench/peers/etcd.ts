// A peer in a separate process: one put-if-absent transaction of etcd a claim.

import { openEtcdKv, putOrGet } from '../load/etcd-kv.ts';
import { servePeer } from './claim-server.ts';

export interface EtcdPeerSetUp {
  readonly endpoint: string;
}

const TIMEOUT_MS = 10_000;

servePeer<EtcdPeerSetUp>(async ({ endpoint }) => {
  const kv = await openEtcdKv(endpoint);
  return async ({ chain, key, duty, unit, part, digest, incarnation, claimId }) => {
    const name = Buffer.from(`/peer/${chain}/${key}/${duty}/${unit}/${part}`);
    const value = Buffer.from(JSON.stringify({ digest, incarnation, claimId }));
    const answer = await kv.txn(putOrGet(name, value), { timeoutMs: TIMEOUT_MS });
    if (answer.succeeded) return true;
    const kept = answer.responses[0]?.response.value?.kvs?.[0]?.value;
    if (kept === undefined) throw new Error(`etcd neither put nor returned ${name.toString()}`);
    return (JSON.parse(Buffer.from(kept).toString()) as { digest: string }).digest === digest;
  };
});
