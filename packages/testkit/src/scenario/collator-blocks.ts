import { type RawHeader, readHeader, relayParentOf } from '@watchbill/chain';
import { headerHash } from '@watchbill/chain/observe';
import { longestGap, type Stretch } from '../nodes/observer/report.ts';

/** The first time that any node had this block. */
interface SeenBlock {
  readonly atMs: number;
  readonly number: number;
  /** Null on the relay chain. */
  readonly unit: ParachainUnit | null;
}

/** Cumulus distinguishes blocks of a collator by these: two blocks at one unit are an equivocation. */
interface ParachainUnit {
  readonly slot: bigint;
  readonly relayParent: bigint;
}

/** All blocks that nodes of one chain imported, those that lost included. */
export interface BlockBook {
  /** Throws on a header that cannot be read. */
  add(raw: RawHeader, atMs: number): void;
  count(stretch: Stretch): BlockCounts;
}

/** Blocks that were seen for the first time in a stretch. */
export interface BlockCounts {
  readonly blocks: number;
  /** Heights that got a first block. */
  readonly heights: number;
  /** Numbers of one slot that were built on several relay parents, as a fork of the relay chain allows. */
  readonly onForks: number;
  /** Units with more than one block: the equivocations of a collator. */
  readonly twice: number;
  /** The longest time without a block, in milliseconds. */
  readonly longestGapMs: number;
}

export function blockBook(): BlockBook {
  const seen = new Map<string, SeenBlock>();
  return {
    add: (raw, atMs) => {
      const hash = headerHash(raw);
      if (!seen.has(hash)) seen.set(hash, { ...readBlock(raw), atMs });
    },
    count: (stretch) => countsIn([...seen.values()], stretch),
  };
}

function readBlock(raw: RawHeader): Omit<SeenBlock, 'atMs'> {
  const { number, digest } = readHeader(raw);
  const relayParent = relayParentOf(digest.consensus);
  const unit = relayParent === null || digest.slot === null ? null : { slot: digest.slot.slot, relayParent };
  return { number, unit };
}

function countsIn(all: readonly SeenBlock[], { fromMs, untilMs }: Stretch): BlockCounts {
  const blocks = all.filter(({ atMs }) => atMs >= fromMs && atMs < untilMs);
  const before = new Set(all.filter(({ atMs }) => atMs < fromMs).map(({ number }) => number));
  const heights = new Set(blocks.map(({ number }) => number).filter((number) => !before.has(number)));
  const built = blocks.flatMap(({ number, unit }) => (unit === null ? [] : [{ number, ...unit }]));
  const units = groups(built, ({ slot, number, relayParent }) => `${slot}/${number}/${relayParent}`);
  const places = groups(built, ({ slot, number }) => `${slot}/${number}`);
  const parents = (blocksThere: readonly ParachainUnit[]): number =>
    new Set(blocksThere.map(({ relayParent }) => relayParent)).size;
  return {
    blocks: blocks.length,
    heights: heights.size,
    onForks: places.filter((there) => parents(there) > 1).length,
    twice: units.filter((there) => there.length > 1).length,
    longestGapMs: longestGap(
      blocks.map(({ atMs }) => atMs),
      { fromMs, untilMs },
    ),
  };
}

function groups<T>(items: readonly T[], keyOf: (item: T) => string): readonly (readonly T[])[] {
  return [...Map.groupBy(items, keyOf).values()];
}
