import { bestHead, finalizedHead, NodeFault, type NodeRpc } from '@watchbill/chain';
import type { PublicKey } from '../custody/key-name.ts';
import type { ValueOf } from './look.ts';
import { looked } from './reading.ts';

type Is<Value> = (value: unknown) => value is Value;
const isText: Is<string> = (value) => typeof value === 'string';
const isFlag: Is<boolean> = (value) => typeof value === 'boolean';
export const isTexts: Is<readonly string[]> = (value): value is string[] =>
  Array.isArray(value) && value.every(isText);

interface Health {
  readonly peers: number;
  readonly isSyncing: boolean;
  readonly shouldHavePeers: boolean;
}

const isHealth: Is<Health> = (value): value is Health => {
  const { peers, isSyncing, shouldHavePeers } = (value ?? {}) as Partial<Health>;
  return typeof peers === 'number' && isFlag(isSyncing) && isFlag(shouldHavePeers);
};

/** The answer of a node. Rejects with a NodeFault, `malformed` for an answer of another shape. */
export async function answerOf<Value>(
  node: NodeRpc,
  method: string,
  is: Is<Value>,
  params: readonly unknown[] = [],
): Promise<Value> {
  const answer: unknown = await node.call(method, params);
  if (is(answer)) return answer;
  throw new NodeFault('malformed', `${node.address} sent an answer to ${method} that cannot be read`);
}

export type NodeFacts = ValueOf<typeof inspectNode>;

export const inspectNode = looked(async (node: NodeRpc) => {
  const [version, peerId, listens, health, roles, best, finalized] = await Promise.all([
    answerOf(node, 'system_version', isText),
    answerOf(node, 'system_localPeerId', isText),
    answerOf(node, 'system_localListenAddresses', isTexts),
    answerOf(node, 'system_health', isHealth),
    answerOf(node, 'system_nodeRoles', isTexts),
    bestHead(node),
    finalizedHead(node),
  ]);
  const { peers, isSyncing: syncing, shouldHavePeers } = health;
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
    const held = await answerOf(node, 'author_hasKey', isFlag, [key.publicKey, key.kind]);
    return { ...key, held };
  });
  return { address: node.address, keys: await Promise.all(answers) };
});
