import { extrinsicSearch, type FollowedExtrinsic, type SearchAnswer } from '../extrinsics/follow.ts';

/** Searches for an extrinsic at each of these finalised heights, up to the last one that may hold it. */
export async function followExtrinsic(
  followed: FollowedExtrinsic,
  { heights, until }: { readonly heights: AsyncIterable<bigint>; readonly until: bigint },
): Promise<SearchAnswer> {
  const search = extrinsicSearch(followed);
  let last: SearchAnswer = { result: 'not-found', until: followed.from - 1n };
  for await (const height of heights) {
    last = await search.upTo(height < until ? height : until);
    if (last.result !== 'not-found' || last.until >= until) break;
  }
  return last;
}
