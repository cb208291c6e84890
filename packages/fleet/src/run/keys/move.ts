import { genesisHash, type NodeRpc } from '@watchbill/chain';
import { holdsSessionKeys } from '@watchbill/chain/extrinsics';
import { asked, bytesOf } from './asked.ts';
import { RotationFault } from './keys-fault.ts';
import type { OldNode } from './open.ts';
import { checkLoopback } from './preflight.ts';

export interface MoveParts {
  /** The node that signs now, over a forwarded port: it is asked whether it has the keys. */
  readonly from: NodeRpc;
  readonly fromName: string;
  /** The node that shall sign. */
  readonly to: NodeRpc;
}

/** The conditions of a move from one node to another without a shared key, before the new node makes keys. */
export function oldNode({ from, fromName, to }: MoveParts): OldNode {
  return {
    name: fromName,
    check: async (oldKeys) => {
      checkLoopback(from);
      await checkApart(from, to);
      if (oldKeys === null)
        throw refusal(
          'the chain has no session keys of the stash, so no node signs for it now',
          'use watchbill fleet keys rotate',
        );
      const keys = bytesOf(oldKeys);
      if (!(await asked(() => holdsSessionKeys(from, keys))))
        throw refusal(
          `${fromName} does not have the keys that the chain has for the stash, so it is not the node that signs`,
          'name the node that signs as --from',
        );
      if (await asked(() => holdsSessionKeys(to, keys)))
        throw refusal(
          'the new node has the keys of the old one: two nodes with one key set sign twice',
          'stop it, remove those keys from its keystore, and begin again. A shared key set is only for nodes behind a gate of duty; see "Share one set of keys" in `watchbill docs session-keys`',
        );
      const roles = await asked(() => to.call('system_nodeRoles'));
      if (!Array.isArray(roles) || !roles.includes('Authority'))
        throw refusal('the new node is not a validator', 'start it with --validator, and its own node key');
    },
  };
}

async function checkApart(from: NodeRpc, to: NodeRpc): Promise<void> {
  const [fromGenesis, toGenesis] = await Promise.all([
    asked(() => genesisHash(from)),
    asked(() => genesisHash(to)),
  ]);
  if (fromGenesis !== toGenesis)
    throw refusal('the two nodes are of two chains', 'name two nodes of one chain');
  const [fromId, toId] = await Promise.all([
    asked(() => from.call('system_localPeerId')),
    asked(() => to.call('system_localPeerId')),
  ]);
  if (fromId === toId)
    throw refusal(
      'both are one node, or two with one node key',
      'name two nodes; each has a separate node key',
    );
}

/** Whether the old node answers: it has to run until the new keys work. */
export async function nodeAnswers(node: NodeRpc): Promise<boolean> {
  return node.call('system_health').then(
    () => true,
    () => false,
  );
}

function refusal(what: string, remedy: string): RotationFault {
  return new RotationFault('preflight', what, remedy);
}
