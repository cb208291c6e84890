import { blockHashAt } from './block.ts';
import { findExtrinsic, type LandedExtrinsic, type SearchGround } from './find.ts';
import { accountNonce } from './nonce.ts';

export interface FollowedExtrinsic extends SearchGround {
  readonly account: Uint8Array;
  readonly nonce: number;
  /** The first height that may hold it. */
  readonly from: bigint;
}

/** The result of a search in the finalised blocks up to a height. */
export type SearchAnswer =
  | { readonly result: 'finalised'; readonly landed: LandedExtrinsic }
  /** Not in any block up to that height: the requested one, or a lower one if the node is behind. */
  | { readonly result: 'not-found'; readonly until: bigint }
  /** The nonce is used by an extrinsic that cannot be read. */
  | { readonly result: 'unseen'; readonly until: bigint };

export interface ExtrinsicSearch {
  /**
   * Searches finalised blocks up to this height; blocks that were searched before are skipped. Throws a
   * NodeFault.
   */
  readonly upTo: (height: bigint) => Promise<SearchAnswer>;
}

/** A search for the extrinsic of an account and nonce in finalised blocks. */
export function extrinsicSearch(followed: FollowedExtrinsic): ExtrinsicSearch {
  let searched = followed.from - 1n;
  return {
    upTo: async (height) => {
      const block = height > searched ? await blockHashAt(followed.node, height) : null;
      // A node that is behind will have more blocks to search.
      if (block === null) return { result: 'not-found', until: searched };
      const isFree = await nonceIsFree(followed, block);
      const landed = isFree === true ? null : await findExtrinsic(followed, followed, searched + 1n, height);
      if (landed !== null) return { result: 'finalised', landed };
      if (isFree === false) return { result: 'unseen', until: height };
      searched = height;
      return { result: 'not-found', until: height };
    },
  };
}

/**
 * A nonce that is free at a block is in no block before it, which saves reading them. Null if the state is
 * missing.
 */
async function nonceIsFree(
  { node, account, nonce }: FollowedExtrinsic,
  block: string,
): Promise<boolean | null> {
  const next = await accountNonce(node, account, block).catch(() => null);
  return next === null ? null : next <= nonce;
}
