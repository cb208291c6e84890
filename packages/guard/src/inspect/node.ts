import { bestHead, finalizedHead, NodeFault, type NodeRpc } from '@watchbill/chain';
import { count, fields, flag, listOf, type Shape, text } from '@watchbill/chain/shape';
import type { PublicKey } from '../custody/key-name.ts';
import { looked, type ValueOf } from './look.ts';

const health = fields({ peers: count, isSyncing: flag, shouldHavePeers: flag });

/** The answer of a node. Rejects with a NodeFault, `malformed` for an answer of another shape. */
export async function answerOf<Value>(
  node: NodeRpc,
  method: string,
  shape: Shape<Value>,
  params: readonly unknown[] = [],
): Promise<Value> {
  const answer: unknown = await node.call(method, params);
  if (shape(answer)) return answer;
  throw new NodeFault('malformed', `${node.address} sent an answer to ${method} that cannot be read`);
}

export type NodeFacts = ValueOf<typeof inspectNode>;

export const inspectNode = looked(async (node: NodeRpc) => {
  const [version, peerId, listens, state, roles, best, finalized] = await Promise.all([
    answerOf(node, 'system_version', text),
    answerOf(node, 'system_localPeerId', text),
    answerOf(node, 'system_localListenAddresses', listOf(text)),
    answerOf(node, 'system_health', health),
    answerOf(node, 'system_nodeRoles', listOf(text)),
    bestHead(node),
    finalizedHead(node),
  ]);
  const { peers, isSyncing: syncing, shouldHavePeers } = state;
  return {
    ...{ address: node.address, version, peerId, best: best.number, finalized: finalized.number },
    ...{ peers, syncing, shouldHavePeers },
    /** Multiaddresses on which it listens. */
    listens,
    /** For example `Authority`, or `Full` for a node without `--validator`. */
    roles,
  };
});

/** Asks the own node which keys it holds (`author_hasKey`). It reads each key file once. */
export const inspectHeld = looked(async (node: NodeRpc, keys: readonly PublicKey[]) => {
  const answers = keys.map(async (key) => {
    const held = await answerOf(node, 'author_hasKey', flag, [key.publicKey, key.kind]);
    return { ...key, held };
  });
  return { address: node.address, keys: await Promise.all(answers) };
});
