import { blake2Hash } from '@watchbill/chain/extrinsics';
import type { NominationCall, PrepareRequest } from '../../transactions/index.ts';

/**
 * The call that a request asks for; `innerBytes` is the call that it announces. Null if the request lacks a
 * part.
 */
export function callOf(request: PrepareRequest, innerBytes: Uint8Array | null): NominationCall | null {
  const { leg, real, signer, proxyType, wanted: inner, announced } = request;
  switch (leg) {
    case 'nominate':
    case 'chill':
      return proxyType === null ? inner : { call: 'proxy', real, proxyType, inner };
    case 'announce':
      return innerBytes === null ? null : { call: 'announce', real, callHash: blake2Hash(innerBytes) };
    case 'execute':
      return proxyType === null ? null : { call: 'execute', delegate: signer, real, proxyType, inner };
    case 'withdraw':
      return announced === null ? null : { call: 'withdraw', real, callHash: announced };
  }
}
