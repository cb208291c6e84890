import { bestHead, bytesOfHex, hexOf, NodeFault, type NodeRpc } from '@watchbill/chain';
import {
  accountNonce,
  blockHashAt,
  findExtrinsic,
  heightOfNonce,
  type LandedExtrinsic,
  type RuntimeViews,
} from '@watchbill/chain/extrinsics';
import type { BlockRef, SearchAnswer } from '../../transactions/index.ts';
import { type Endpoints, inOrder } from './endpoints.ts';

export interface Wanted {
  readonly account: string;
  readonly nonce: number;
  readonly from: bigint;
  readonly to: BlockRef;
}

interface ChainAccess {
  readonly node: NodeRpc;
  readonly views: RuntimeViews;
  readonly signal: AbortSignal;
}

/** Unfinalised blocks to search, for display only. */
const MOST_UNFINAL = 64n;

/**
 * Asks one endpoint, and others if its answer is incomplete. An answer without the user of the nonce, or
 * without the events of the extrinsic, is returned only if no endpoint has a better one.
 */
export async function searchExtrinsic(
  endpoints: Endpoints,
  views: RuntimeViews,
  wanted: Wanted,
  signal: AbortSignal,
): Promise<SearchAnswer> {
  let partial: SearchAnswer | null = null;
  let last = new NodeFault('unreachable', 'no endpoint of the chain may serve');
  for (const node of inOrder(endpoints)) {
    signal.throwIfAborted();
    try {
      const answer = await searchOn({ node, views, signal }, wanted);
      if (isWhole(answer)) return answer;
      if (partial === null || answer.result === 'found') partial = answer;
    } catch (error) {
      if (!(error instanceof NodeFault)) throw error;
      last = error;
    }
  }
  if (partial === null) throw last;
  return partial;
}

function isWhole(answer: SearchAnswer): boolean {
  if (answer.result === 'found') return answer.dispatch !== null && answer.call !== null;
  return answer.result === 'not-found';
}

async function searchOn(access: ChainAccess, { account, nonce, from, to }: Wanted): Promise<SearchAnswer> {
  const { node, signal } = access;
  const hash = await blockHashAt(node, to.height);
  if (hash !== to.hash)
    throw new NodeFault('malformed', `${node.address} does not hold ${to.hash} for block ${to.height}`);
  const who = { account: bytesOfHex(account, 'an account'), nonce };
  // A nonce that is free in the state of a block is in no block up to it.
  if ((await accountNonce(node, who.account, to.hash)) <= nonce)
    return { result: 'not-found', until: to.height, inBlock: await onBest(access, who, to.height) };
  const first = await heightOfNonce(node, { ...who, from, to: to.height, signal });
  // Without the intermediate states, searches block by block: the extrinsic is usually in one of the first.
  const [low, high] = first === null ? [from, to.height] : [first, first];
  const landed = await landedIn(access, who, [low, high], to);
  return landed === null ? { result: 'unseen' } : foundOf(landed);
}

/**
 * Nodes discard the states of old blocks, and keep the blocks. Then the runtime at `to` reads them: most
 * often it is still the same.
 */
async function landedIn(
  access: ChainAccess,
  who: { readonly account: Uint8Array; readonly nonce: number },
  [low, high]: readonly [bigint, bigint],
  to: BlockRef,
): Promise<LandedExtrinsic | null> {
  try {
    return await findExtrinsic(access, who, low, high);
  } catch (error) {
    if (!(error instanceof NodeFault) || error.code !== 'refused') throw error;
    const view = await access.views.at(access.node, to.hash);
    return findExtrinsic({ ...access, views: { at: async () => view } }, who, low, high);
  }
}

function foundOf({ block, height, hash, call, dispatch }: LandedExtrinsic): SearchAnswer {
  return { result: 'found', block, height, hash, call: call === null ? null : hexOf(call), dispatch };
}

/** The block of the best chain above a height that has it; null if none has it. */
async function onBest(
  access: ChainAccess,
  who: { readonly account: Uint8Array; readonly nonce: number },
  above: bigint,
): Promise<{ readonly block: string; readonly height: bigint } | null> {
  const best = await bestHead(access.node);
  const height = BigInt(best.number);
  if (height <= above || (await accountNonce(access.node, who.account, best.hash)) <= who.nonce) return null;
  const to = height < above + MOST_UNFINAL ? height : above + MOST_UNFINAL;
  const landed = await findExtrinsic(access, who, above + 1n, to);
  return landed === null ? null : { block: landed.block, height: landed.height };
}
