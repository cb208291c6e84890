import { blake2Hash } from '@watchbill/chain/extrinsics';
import type { NominationCall, PrepareRequest } from '../../transactions/index.ts';

/**
 * The call that a request asks for; `inner` is the nomination that it announces. Null if the request lacks a
 * part.
 */
export function callOf(request: PrepareRequest, inner: Uint8Array | null): NominationCall | null {
  const { leg, real, signer, proxyType, targets, announced } = request;
  switch (leg) {
    case 'nominate':
      return proxyType === null
        ? { call: 'nominate', targets }
        : { call: 'proxy-nominate', real, proxyType, targets };
    case 'announce':
      return inner === null ? null : { call: 'announce', real, callHash: blake2Hash(inner) };
    case 'execute':
      return proxyType === null ? null : { call: 'execute', delegate: signer, real, proxyType, targets };
    case 'withdraw':
      return announced === null ? null : { call: 'withdraw', real, callHash: announced };
  }
}
