import type { NodeRpc } from '@watchbill/chain';
import { blake2Hash, hasPallet, type Json, readStorage } from '@watchbill/chain/extrinsics';
import { asked } from '../asked.ts';
import { RotationFault } from '../keys-fault.ts';
import { chainHead, type SubmissionChain } from './chain.ts';

/** Shorter than any header: the head of a parachain without a block. */
const SHORTEST_HEADER_BYTES = 98;

/**
 * Asset Hub must be that of the node's relay, or keys would go to another network. Both name their part of
 * staking, write addresses alike, and Asset Hub knows the block that the relay holds of it. Throws a
 * RotationFault.
 */
export async function checkSameNetwork(relay: SubmissionChain, assetHub: SubmissionChain): Promise<void> {
  const [above, below] = await Promise.all([chainHead(relay), chainHead(assetHub)]);
  const [relayData, hubData] = [above.view.metadata, below.view.metadata];
  if (!hasPallet(hubData, 'StakingRcClient'))
    throw other('the chain at --asset-hub has no pallet StakingRcClient', 'name the RPC of an Asset Hub');
  if (!hasPallet(relayData, 'StakingAhClient'))
    throw other(
      'the chain of the node does not accept keys from Asset Hub (no pallet StakingAhClient)',
      'if keys are set on the chain of the node, use --submit relay',
    );
  if (relayData.ss58Prefix !== hubData.ss58Prefix)
    throw other(
      'Asset Hub and the chain of the node are of two networks',
      'name the Asset Hub of this relay',
    );
  const id = await asked(() =>
    readStorage(assetHub.node, hubData, ['ParachainInfo', 'ParachainId'], [], below.hash),
  );
  const head = id.result === 'value' ? await headOf(relay, above, id.value) : null;
  if (head !== null && !(await knows(assetHub.node, head)))
    throw other(
      'this Asset Hub does not have the block that the relay chain has of its Asset Hub',
      'name the Asset Hub of this relay; if it is that one, wait until both nodes are in sync',
    );
}

async function headOf(
  relay: SubmissionChain,
  { hash, view }: Awaited<ReturnType<typeof chainHead>>,
  id: Json,
): Promise<string | null> {
  const reading = await asked(() => readStorage(relay.node, view.metadata, ['Paras', 'Heads'], [id], hash));
  const bytes = reading.result === 'value' ? Buffer.from(String(reading.value).slice(2), 'hex') : null;
  if (bytes === null || bytes.length < SHORTEST_HEADER_BYTES) return null;
  return blake2Hash(Uint8Array.from(bytes));
}

async function knows(node: NodeRpc, hash: string): Promise<boolean> {
  return (await asked(() => node.call('chain_getHeader', [hash]))) !== null;
}

function other(what: string, remedy: string): RotationFault {
  return new RotationFault('preflight', what, remedy);
}
