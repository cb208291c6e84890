import { digestOf } from '@watchbill/kit';
import type { Intent, NominationCall, StakingCall } from '../intent.ts';
import type { RuntimeFacts } from '../payload-reading.ts';
import type { Flight } from '../state.ts';
import type { SigningRequest } from './port.ts';

/** Longer payloads are signed by their hash (`SignedPayload` of Substrate). */
const LONGEST_SIGNED_BYTES = 256;

export interface RequestParts {
  readonly intent: Intent;
  readonly flight: Flight;
  readonly asked: NominationCall;
  readonly inner: StakingCall | null;
  readonly runtime: RuntimeFacts;
  /** blake2b of 256 bits, hex to hex. */
  readonly hash256: (bytes: string) => string;
}

/** The request of a flight; the same flight always gives the same one. */
export function signingRequest({
  intent,
  flight,
  asked,
  inner,
  runtime,
  hash256,
}: RequestParts): SigningRequest {
  const { payload, call, nonce, birth, birthHash, period, account, tip } = flight;
  const bytes = (payload.length - 2) / 2;
  const { genesis, specVersion, transactionVersion } = runtime;
  const request = {
    account,
    asked,
    inner,
    nominator: intent.nominator,
    round: intent.round,
    era: intent.era,
    nonce,
    birth: String(birth),
    birthHash,
    death: String(birth + BigInt(period)),
    genesis,
    specVersion,
    transactionVersion,
    tip: String(tip),
    call,
    payload,
    message: bytes > LONGEST_SIGNED_BYTES ? hash256(payload) : payload,
  };
  return { id: digestOf(request), ...request };
}
