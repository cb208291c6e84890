import { hexOf } from '../scale/hex.ts';
import { withLength } from '../scale/number-bytes.ts';
import { type CallWriting, decodeCall, encodeCall } from './call.ts';
import type { ChainMetadata } from './metadata.ts';

/**
 * `Session.set_keys` with keys from a node: their bytes go in unchanged. Refused if the runtime has no such
 * call, or has session keys of another shape.
 */
export function setKeysCall(metadata: ChainMetadata, keys: Uint8Array, proof: Uint8Array): CallWriting {
  const calls = metadata.lookup(metadata.callType);
  const pallet = calls.type === 'enum' ? calls.value.Session : undefined;
  const variants = pallet?.type === 'lookupEntry' && pallet.value.type === 'enum' ? pallet.value.value : {};
  const index = variants.set_keys?.idx;
  if (pallet === undefined || index === undefined)
    return { result: 'refused', code: 'unfit', detail: 'the runtime has no call Session.set_keys' };
  const bytes = Uint8Array.of(pallet.idx, index, ...keys, ...withLength(proof));
  const read = decodeCall(metadata, bytes);
  return read.result === 'call' ? { result: 'bytes', bytes } : read;
}

/**
 * `StakingRcClient.set_keys` of Asset Hub, which checks the proof and sends the keys to the relay. `mostFee`:
 * the limit for the fees of delivery and of the work on the relay, in planck; null for no limit. Refused if
 * the runtime has no such call.
 */
export function assetHubSetKeysCall(
  metadata: ChainMetadata,
  keys: Uint8Array,
  proof: Uint8Array,
  mostFee: bigint | null,
): CallWriting {
  return encodeCall(metadata, 'StakingRcClient', 'set_keys', {
    keys: hexOf(keys),
    proof: hexOf(proof),
    max_delivery_and_remote_execution_fee: mostFee === null ? null : mostFee.toString(),
  });
}

/**
 * `Proxy.proxy`: a call in the name of another account. `proxyType` null: any kind of proxy that this account
 * has.
 */
export function proxiedCall(
  metadata: ChainMetadata,
  real: string,
  proxyType: string | null,
  call: Uint8Array,
): CallWriting {
  const read = decodeCall(metadata, call);
  if (read.result === 'refused') return read;
  const force = proxyType === null ? null : { type: proxyType };
  return encodeCall(metadata, 'Proxy', 'proxy', { real, force_proxy_type: force, call: read.call.value });
}
