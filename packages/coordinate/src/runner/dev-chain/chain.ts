import { createHash } from 'node:crypto';

/** The parameters of a dev chain. All its blocks follow from them, so it continues after a restart. */
export interface DevChainSpec {
  readonly name: string;
  /** Unix milliseconds of block 0. */
  readonly startedAtMs: number;
  readonly blockMs: number;
}

/**
 * A chain of empty blocks, to try a group on one machine. A block appears every `blockMs`. Its hash is the
 * digest of the hash before it, and the block before the newest one is final. It has no consensus and no
 * security.
 */
export interface DevChain {
  /** 32 bytes. */
  readonly genesis: Uint8Array;
  /** The newest height at a time. */
  bestAt(nowMs: number): number;
  /** The highest final one. */
  finalAt(nowMs: number): number;
  /** Null for a height that does not exist yet, or is too old. */
  hashOf(height: number, nowMs: number): Uint8Array | null;
  /** The height of a hash (hex without 0x), or null. */
  heightOf(hash: string): number | null;
  /** As BABE has it: the same for all blocks of an epoch. */
  randomnessAt(height: number, nowMs: number): Uint8Array | null;
}

/** Blocks whose hashes are remembered: at one in a second, three days. */
const KEPT_BLOCKS = 262_144;

/** At one block per second, about four months. The start takes seconds, because it computes all hashes. */
const MAX_BLOCKS = 10_000_000;

const EPOCH_BLOCKS = 600;

/** Throws a RangeError for an invalid specification. */
export function devChain({ name, startedAtMs, blockMs }: DevChainSpec): DevChain {
  if (!Number.isSafeInteger(startedAtMs) || startedAtMs < 0 || !Number.isInteger(blockMs) || blockMs < 10)
    throw new RangeError('a dev chain needs a start time and at least 10 ms for a block');
  const genesis = digest(`watchbill practice chain/1/${JSON.stringify([name, startedAtMs, blockMs])}`);
  const kept = new Map<number, Uint8Array>([[0, genesis]]);
  const heights = new Map<string, number>([[hexOf(genesis), 0]]);
  let [newest, newestHash] = [0, genesis];

  const bestAt = (nowMs: number): number => Math.max(0, Math.floor((nowMs - startedAtMs) / blockMs));

  function grow(best: number): void {
    if (best > MAX_BLOCKS)
      throw new RangeError(`the dev chain has ${best} blocks, which is too many; start a new one`);
    while (newest < best) {
      newest += 1;
      newestHash = digest(newestHash, `${newest}`);
      kept.set(newest, newestHash);
      heights.set(hexOf(newestHash), newest);
      const old = newest - KEPT_BLOCKS;
      const oldHash = old > 0 ? kept.get(old) : undefined;
      if (oldHash !== undefined) {
        kept.delete(old);
        heights.delete(hexOf(oldHash));
      }
    }
  }

  function hashOf(height: number, nowMs: number): Uint8Array | null {
    const best = bestAt(nowMs);
    grow(best);
    return height <= best ? (kept.get(height) ?? null) : null;
  }

  return {
    genesis,
    bestAt,
    finalAt: (nowMs) => Math.max(0, bestAt(nowMs) - 1),
    hashOf,
    heightOf: (hash) => heights.get(hash) ?? null,
    randomnessAt: (height, nowMs) => {
      const first = hashOf(height - (height % EPOCH_BLOCKS), nowMs);
      return first === null ? null : digest(first, 'epoch');
    },
  };
}

function digest(...parts: readonly (Uint8Array | string)[]): Uint8Array {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return Uint8Array.from(hash.digest());
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
