import { stakingCall } from '../intent.ts';
import type { PrepareRequest } from '../machine/effects.ts';
import type { SignAnswer } from '../machine/events.ts';
import { expectedCalls, payloadProblem } from '../signers/check.ts';
import { SIGNATURE, type SigningRequest, type TransactionSigner } from '../signers/port.ts';
import { signingRequest } from '../signers/request.ts';
import type { Flight, IntentState } from '../state.ts';
import { type PrepareParts, runtimeOf } from './prepare.ts';

export interface SignParts extends PrepareParts {
  /** By public key. */
  readonly signers: ReadonlyMap<string, TransactionSigner>;
}

/** Asks the signer of a flight, and checks the answer before it counts as signed. */
export async function sign(
  parts: SignParts,
  state: IntentState,
  flight: Flight,
  signal: AbortSignal,
): Promise<SignAnswer> {
  const signer = parts.signers.get(flight.account);
  if (signer?.account !== flight.account)
    return { result: 'unavailable', why: `there is no signer for ${flight.account}` };
  const request = await requestFor(parts, state, flight, signal);
  if (typeof request === 'string') return { result: 'mismatch', why: request };
  const answer = await signer.sign(request, signal);
  if (answer.result !== 'signature') return answer;
  const { message } = request;
  return assemble(parts, signer, flight, { message, signature: answer.signature }, signal);
}

/**
 * The request, or how the stored payload differs from the intent. It is decoded again, because it may have
 * waited on disk.
 */
export async function requestFor(
  parts: PrepareParts,
  { intent, targets }: IntentState,
  flight: Flight,
  signal: AbortSignal,
): Promise<SigningRequest | string> {
  const { chain, crypto } = parts;
  const block = { height: flight.birth, hash: flight.birthHash };
  const runtime = await runtimeOf(parts, { block }, signal);
  const asked = await chain.readCall(flight.call, block, signal);
  const { leg, nonce, period, inner, tip } = flight;
  const request: PrepareRequest = {
    leg,
    signer: intent.signer,
    real: intent.real,
    proxyType: asked !== null && 'proxyType' in asked ? asked.proxyType : null,
    wanted: stakingCall(intent, targets),
    announced: inner?.hash ?? null,
    block,
    nonce,
    period,
    tip,
  };
  const expected = expectedCalls(request, inner?.hash ?? null);
  if (expected === null) return `the stored flight for ${leg} lacks a part`;
  const read = { payload: await chain.readPayload(flight.payload, block, signal), asked };
  const problem = payloadProblem(request, flight.call, read, expected.asked, runtime);
  if (problem !== null) return problem;
  const { hash256 } = crypto;
  return signingRequest({ intent, flight, asked: expected.asked, inner: expected.inner, runtime, hash256 });
}

async function assemble(
  { chain, crypto }: SignParts,
  { scheme, account }: TransactionSigner,
  flight: Flight,
  { message, signature }: Pick<SigningRequest, 'message'> & { readonly signature: string },
  signal: AbortSignal,
): Promise<SignAnswer> {
  if (!SIGNATURE.test(signature) || !crypto.verify(scheme, account, message, signature))
    return { result: 'mismatch', why: 'the signature is not one of the account over the payload' };
  const assembled = await chain.assemble(flight, signature, scheme, signal);
  if (assembled.result === 'refused') return { result: 'unavailable', why: assembled.why };
  const { bytes, hash } = assembled;
  const block = { height: flight.birth, hash: flight.birthHash };
  const read = await chain.readExtrinsic(bytes, block, signal);
  const isAsAsked = read?.account === account && read.nonce === flight.nonce && read.call === flight.call;
  if (!isAsAsked)
    return { result: 'mismatch', why: 'the signed extrinsic has another author, nonce or call' };
  return { result: 'signed', bytes, hash };
}
