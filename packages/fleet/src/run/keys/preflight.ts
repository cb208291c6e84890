import { finalizedHead, hexOf, type NodeRpc } from '@watchbill/chain';
import { hasPallet, isStash, nextSessionKeys, type RuntimeViews } from '@watchbill/chain/extrinsics';
import { isLoopback } from '@watchbill/kit';
import { asked } from './asked.ts';
import { RotationFault } from './keys-fault.ts';

/** Keys are made through unsafe RPC, which must not be used over a network. Throws a RotationFault. */
export function checkLoopback({ address }: NodeRpc): void {
  if (isLoopback(URL.parse(address)?.hostname ?? '')) return;
  throw new RotationFault(
    'preflight',
    `${address} is not on the loopback of this machine, and keys are made through unsafe RPC`,
    'run it on the machine of the node, or through a forwarded port: watchbill fleet nodes forward NODE',
  );
}

/** Keys are only generated on a node in sync. Throws a RotationFault. */
export async function checkInStep(node: NodeRpc, what = 'the node'): Promise<void> {
  const health = await asked(() => node.call<{ readonly isSyncing?: unknown }>('system_health', []));
  if (health.isSyncing !== false)
    throw new RotationFault('preflight', `${what} is syncing`, 'wait until it is in sync with the chain');
}

/**
 * The keys that the chain has now for an account that may validate; null for none. Throws a RotationFault.
 */
export async function keysOnChain(
  node: NodeRpc,
  views: RuntimeViews,
  stash: Uint8Array,
): Promise<string | null> {
  const { hash } = await asked(() => finalizedHead(node));
  const { metadata } = await asked(() => views.at(node, hash));
  // Without a staking pallet, the operator of the chain chooses the validators; if staking moved to Asset
  // Hub, that chain is asked.
  const mayValidate =
    !hasPallet(metadata, 'Staking') ||
    hasPallet(metadata, 'StakingAhClient') ||
    (await asked(() => isStash(node, metadata, stash, hash)));
  if (!mayValidate)
    throw new RotationFault(
      'preflight',
      'the account is not a stash of this chain',
      'name the account that validates, not a proxy or controller',
    );
  const keys = await asked(() => nextSessionKeys(node, metadata, stash, hash));
  return keys === null ? null : hexOf(keys);
}
