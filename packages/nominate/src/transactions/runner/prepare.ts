import { canonicalJson } from '@watchbill/kit';
import type { PrepareRequest } from '../machine/effects.ts';
import type { PrepareAnswer } from '../machine/events.ts';
import type { RuntimeFacts } from '../payload-reading.ts';
import { expectedCalls, payloadProblem } from '../signers/check.ts';
import { TransactionFault } from '../transactions-fault.ts';
import type { Built, TransactionChain, TransactionCrypto } from './runner-ports.ts';

export interface PrepareParts {
  readonly chain: TransactionChain;
  readonly crypto: TransactionCrypto;
  /** Hash of block 0 of the programme's chain. */
  readonly genesis: string;
}

/** Builds the request, decodes the bytes, and compares them. */
export async function prepare(
  parts: PrepareParts,
  request: PrepareRequest,
  signal: AbortSignal,
): Promise<PrepareAnswer> {
  const { chain, crypto } = parts;
  const runtime = await runtimeOf(parts, request, signal);
  const building = await chain.build(request, signal);
  if (building.result === 'refused') return { result: 'unavailable', why: building.why };
  const { built } = building;
  const problem = await problemOf(parts, request, built, runtime, signal);
  if (problem !== null) return { result: 'mismatch', why: problem };
  const { call, innerCall, payload, fee, deposit } = built;
  const inner =
    innerCall === null ? withdrawn(request) : { call: innerCall, hash: crypto.hash256(innerCall) };
  return { result: 'prepared', prepared: { call, inner, payload, fee, deposit } };
}

/** A withdrawal only contains the hash of the call. */
function withdrawn({ leg, announced }: PrepareRequest) {
  return leg === 'withdraw' && announced !== null ? { call: '0x', hash: announced } : null;
}

async function problemOf(
  { chain, crypto }: PrepareParts,
  request: PrepareRequest,
  { call, innerCall, payload }: Built,
  runtime: RuntimeFacts,
  signal: AbortSignal,
): Promise<string | null> {
  const { block } = request;
  const expected = expectedCalls(request, innerCall === null ? null : crypto.hash256(innerCall));
  if (expected === null) return `the payload built for ${request.leg} lacks a part`;
  const read = {
    payload: await chain.readPayload(payload, block, signal),
    asked: await chain.readCall(call, block, signal),
  };
  const problem = payloadProblem(request, call, read, expected.asked, runtime);
  if (problem !== null || expected.inner === null || innerCall === null) return problem;
  const inner = await chain.readCall(innerCall, block, signal);
  const isInside = inner !== null && canonicalJson(inner) === canonicalJson(expected.inner);
  return isInside ? null : 'the call inside is not the requested nomination';
}

/** Throws if the node follows another chain, before any payload is built for it. */
export async function runtimeOf(
  { chain, genesis }: PrepareParts,
  { block }: Pick<PrepareRequest, 'block'>,
  signal: AbortSignal,
): Promise<RuntimeFacts> {
  const runtime = await chain.runtime(block, signal);
  if (runtime.genesis === genesis) return runtime;
  throw new TransactionFault(
    'wrong-chain',
    `the node follows the chain ${runtime.genesis}, but the programme is for ${genesis}`,
    'name a node of the right chain under `chains`',
  );
}
