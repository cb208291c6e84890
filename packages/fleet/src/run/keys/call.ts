import { hexOf } from '@watchbill/chain';
import { assetHubSetKeysCall, type CallWriting, setKeysCall } from '@watchbill/chain/extrinsics';
import { bytesOf } from './asked.ts';
import { RotationFault } from './keys-fault.ts';
import type { RotationParts } from './open.ts';
import { checkProof } from './proof.ts';
import type { Rotation } from './record.ts';
import { chainHead, type SubmissionChain } from './submit/chain.ts';

/**
 * The call that registers the keys, for the account that signs for the stash: on Asset Hub if one is given
 * (`mostFee`: planck, null for no limit), otherwise on the chain of the node. Throws a RotationFault.
 */
export async function registeringCall(
  parts: RotationParts,
  rotation: Rotation,
  assetHub: { readonly chain: SubmissionChain; readonly mostFee: bigint | null } | null = null,
): Promise<string> {
  await checkProof(parts.node, rotation, assetHub !== null);
  const [keys, proof] = [bytesOf(rotation.keys), bytesOf(rotation.proof)];
  const { view } = await chainHead(assetHub?.chain ?? parts);
  const written: CallWriting =
    assetHub === null
      ? setKeysCall(view.metadata, keys, proof)
      : assetHubSetKeysCall(view.metadata, keys, proof, assetHub.mostFee);
  if (written.result === 'bytes') return hexOf(written.bytes);
  throw new RotationFault(
    'runtime',
    `the runtime does not accept these keys: ${written.detail}`,
    'if keys are set on Asset Hub, name it: --asset-hub ws://…',
  );
}
