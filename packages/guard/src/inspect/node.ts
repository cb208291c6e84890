import { bestHead, finalizedHead, NodeFault, type NodeRpc } from '@watchbill/chain';
import type { HeldKeys, Look, NodeFacts, PublicKey } from '../doctor/facts.ts';
import { looking } from './reading.ts';

export async function inspectNode(node: NodeRpc): Promise<Look<NodeFacts>> {
  return looking(async () => {
    const [version, peerId, listens, health, roles, best, finalized] = await Promise.all([
      node.call('system_version'),
      node.call('system_localPeerId'),
      node.call('system_localListenAddresses'),
      node.call<{ peers?: unknown; isSyncing?: unknown; shouldHavePeers?: unknown } | null>('system_health'),
      node.call('system_nodeRoles'),
      bestHead(node),
      finalizedHead(node),
    ]);
    const { peers, isSyncing, shouldHavePeers } = health ?? {};
    if (typeof peers !== 'number' || typeof isSyncing !== 'boolean' || typeof shouldHavePeers !== 'boolean')
      throw malformed(node, 'system_health');
    return {
      ...{ address: node.address, version: textOf(node, 'system_version', version) },
      ...{ peerId: textOf(node, 'system_localPeerId', peerId) },
      ...{ listens: textsOf(node, 'system_localListenAddresses', listens), best: best.number },
      ...{ finalized: finalized.number, peers, syncing: isSyncing, shouldHavePeers },
      ...{ roles: textsOf(node, 'system_nodeRoles', roles) },
    };
  });
}

/** Asks the own node which keys it holds. It reads each key file once. */
export async function inspectHeld(node: NodeRpc, keys: readonly PublicKey[]): Promise<Look<HeldKeys>> {
  return looking(async () => {
    const answers = await Promise.all(
      keys.map(async (key) => {
        const held: unknown = await node.call('author_hasKey', [key.publicKey, key.kind]);
        if (typeof held !== 'boolean') throw malformed(node, 'author_hasKey');
        return { ...key, held };
      }),
    );
    return { address: node.address, keys: answers };
  });
}

function textOf(node: NodeRpc, method: string, value: unknown): string {
  if (typeof value === 'string') return value;
  throw malformed(node, method);
}

function textsOf(node: NodeRpc, method: string, value: unknown): readonly string[] {
  if (Array.isArray(value) && value.every((each) => typeof each === 'string')) return value;
  throw malformed(node, method);
}

function malformed(node: NodeRpc, method: string): NodeFault {
  return new NodeFault('malformed', `${node.address} sent an answer to ${method} that cannot be read`);
}
