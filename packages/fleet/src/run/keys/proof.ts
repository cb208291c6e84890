import { finalizedHead, type NodeRpc } from '@watchbill/chain';
import { asksForSessionProof, splitSessionKeys } from '@watchbill/chain/extrinsics';
import { verifySessionProof } from '@watchbill/chain/keys';
import { asked, bytesOf } from './asked.ts';
import { RotationFault } from './keys-fault.ts';
import type { Rotation } from './record.ts';

/**
 * Makes the checks of the chain before the submission: each new key must have signed for the stash. Keys
 * without a proof pass if the runtime needs none. Throws a RotationFault.
 */
export async function checkProof(
  node: NodeRpc,
  { keys, proof, stash }: Pick<Rotation, 'keys' | 'proof' | 'stash'>,
  isNeeded: boolean,
): Promise<void> {
  const { hash } = await asked(() => finalizedHead(node));
  const asks = isNeeded || (await asked(() => asksForSessionProof(node, hash))) !== false;
  if (!asks && proof === '0x') return;
  const split = await asked(() => splitSessionKeys(node, bytesOf(keys), hash));
  if (split === null)
    throw new RotationFault(
      'proof',
      'the runtime of the node expects other session keys than the node made',
      'check that node and chain are of one network, and that the node is not older than the runtime',
    );
  if (verifySessionProof(split, bytesOf(stash), bytesOf(proof))) return;
  throw new RotationFault(
    'proof',
    proof === '0x'
      ? 'the node made no proof that the keys belong to the stash, and the chain requires one, or does not show that it requires none'
      : 'the proof does not show that the keys belong to the stash, so the chain would refuse them',
    'upgrade the node to a release with author_rotateKeysWithOwner, remove the record and begin again: keys cannot be proven afterwards',
  );
}
