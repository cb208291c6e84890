import { canonicalJson } from '@watchbill/kit';
import type { NominationCall, StakingCall } from '../intent.ts';
import type { PrepareRequest } from '../machine/effects.ts';
import type { PayloadReading, RuntimeFacts } from '../payload-reading.ts';

/** The call of a request, and its inner call. */
export interface ExpectedCalls {
  readonly asked: NominationCall;
  readonly inner: StakingCall | null;
}

/**
 * The calls that the intent requires, independent of the built bytes; `innerHash` is the hash of the inner
 * call.
 */
export function expectedCalls(request: PrepareRequest, innerHash: string | null): ExpectedCalls | null {
  const { leg, real, signer, proxyType, announced, wanted } = request;
  switch (leg) {
    case 'nominate':
    case 'chill':
      if (proxyType === null) return { asked: wanted, inner: null };
      return { asked: { call: 'proxy', real, proxyType, inner: wanted }, inner: null };
    case 'announce':
      if (innerHash === null) return null;
      return { asked: { call: 'announce', real, callHash: innerHash }, inner: wanted };
    case 'execute':
      if (proxyType === null) return null;
      return { asked: { call: 'execute', delegate: signer, real, proxyType, inner: wanted }, inner: wanted };
    case 'withdraw':
      if (announced === null) return null;
      return { asked: { call: 'withdraw', real, callHash: announced }, inner: null };
  }
}

export interface PayloadRead {
  readonly payload: PayloadReading | null;
  readonly asked: NominationCall | null;
}

/** How a payload differs from the request; null if it does not. Only decoded payloads are signed. */
export function payloadProblem(
  request: PrepareRequest,
  call: string,
  { payload, asked }: PayloadRead,
  expected: NominationCall,
  runtime: RuntimeFacts,
): string | null {
  if (payload === null || asked === null) return 'the payload cannot be read';
  const { block, nonce, period, tip } = request;
  const pairs: readonly (readonly [what: string, is: unknown, shouldBe: unknown])[] = [
    ['the bytes of the call', payload.call, call],
    ['the call', canonicalJson(asked), canonicalJson(expected)],
    ['the nonce', payload.nonce, nonce],
    ['the period of the era', payload.period, period],
    ['the phase of the era', payload.phase, Number(block.height % BigInt(period))],
    ['the block of the era', payload.birthHash, block.hash],
    ['the genesis', payload.genesis, runtime.genesis],
    ['the runtime', payload.specVersion, runtime.specVersion],
    ['the transaction version', payload.transactionVersion, runtime.transactionVersion],
    ['the tip', payload.tip, tip],
  ];
  const wrong = pairs.find(([, is, shouldBe]) => is !== shouldBe);
  return wrong === undefined ? null : `${wrong[0]} is ${wrong[1]}, but ${wrong[2]} was requested`;
}
