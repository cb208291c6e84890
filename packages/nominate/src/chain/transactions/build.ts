import { bytesOfHex, genesisHash, hexOf, NodeFault, type NodeRpc } from '@watchbill/chain';
import {
  assembleExtrinsic,
  extrinsicFee,
  numberConstant,
  type RuntimeView,
  type RuntimeViews,
  readStorage,
  type UnsignedPayload,
  unsignedPayload,
} from '@watchbill/chain/extrinsics';
import { type Fact, known, unknown } from '../../facts/fact.ts';
import type { Building, PrepareRequest } from '../../transactions/index.ts';
import { encodeNomination } from './calls.ts';
import { callOf } from './requested.ts';

const FROM = 'staking';
/** Only its length affects the fee. */
const NO_SIGNATURE = new Uint8Array(64);

/**
 * Builds the call of a request, its payload and its costs, by the runtime in the state of the request's
 * block.
 */
export async function buildOn(
  node: NodeRpc,
  views: RuntimeViews,
  request: PrepareRequest,
): Promise<Building> {
  const view = await views.at(node, request.block.hash);
  const calls = callBytes(view, request);
  if ('why' in calls) return { result: 'refused', why: calls.why };
  const { block, nonce, period, tip } = request;
  const payload = unsignedPayload(view.metadata, calls.call, {
    nonce,
    tip,
    era: { birth: block.height, period },
    birthHash: block.hash,
    genesis: await genesisHash(node),
    specVersion: view.specVersion,
    transactionVersion: view.transactionVersion,
  });
  if (payload.result === 'refused') return { result: 'refused', why: payload.detail };
  const built = {
    call: hexOf(calls.call),
    innerCall: calls.inner === null ? null : hexOf(calls.inner),
    payload: hexOf(payload.parts.payload),
    fee: await feeOf(node, view, request, payload.parts),
    deposit: await depositOf(node, view, request),
  };
  return { result: 'built', built };
}

function callBytes(
  { metadata, specName, specVersion }: RuntimeView,
  request: PrepareRequest,
): { readonly call: Uint8Array; readonly inner: Uint8Array | null } | { readonly why: string } {
  const refused = (what: string, detail: string) => ({
    why: `${specName} ${specVersion} takes no such ${what}: ${detail}`,
  });
  const { leg, wanted } = request;
  const inner = leg === 'announce' || leg === 'execute' ? encodeNomination(metadata, wanted) : null;
  if (inner?.result === 'refused') return refused(wanted.call, inner.detail);
  const asked = callOf(request, inner?.bytes ?? null);
  if (asked === null) return { why: `the request for ${request.leg} lacks a part` };
  const call = encodeNomination(metadata, asked);
  if (call.result === 'refused') return refused(asked.call, call.detail);
  return { call: call.bytes, inner: inner?.bytes ?? null };
}

async function feeOf(
  node: NodeRpc,
  { metadata }: RuntimeView,
  { signer, block }: PrepareRequest,
  payload: UnsignedPayload,
): Promise<Fact<bigint>> {
  const publicKey = bytesOfHex(signer, 'the signer');
  const extrinsic = assembleExtrinsic(metadata, payload, {
    publicKey,
    signature: NO_SIGNATURE,
    scheme: 'sr25519',
  });
  if (extrinsic.result === 'refused') return unknown(extrinsic.detail, FROM);
  try {
    return known(await extrinsicFee(node, extrinsic.bytes, block.hash), FROM);
  } catch (error) {
    if (error instanceof NodeFault) return unknown(`the fee: ${error.message}`, FROM);
    throw error;
  }
}

/** The deposit for one more announcement: a base for the first, and a factor for each. */
async function depositOf(
  node: NodeRpc,
  { metadata }: RuntimeView,
  { leg, signer, block }: PrepareRequest,
): Promise<Fact<bigint>> {
  if (leg !== 'announce') return known(0n, FROM);
  const base = numberConstant(metadata, 'Proxy', 'AnnouncementDepositBase');
  const factor = numberConstant(metadata, 'Proxy', 'AnnouncementDepositFactor');
  if (base === null || factor === null) return unknown('the runtime names no deposit of announcements', FROM);
  const stored = await readStorage(node, metadata, ['Proxy', 'Announcements'], [signer], block.hash);
  if (stored.result !== 'value') return known(base + factor, FROM);
  const [list, held] = Array.isArray(stored.value) ? stored.value : [];
  if (!Array.isArray(list) || (typeof held !== 'string' && typeof held !== 'number'))
    return unknown('the form of the announcements is not known', FROM);
  const after = base + factor * BigInt(list.length + 1);
  const more = after - BigInt(held);
  return known(more > 0n ? more : 0n, FROM);
}
