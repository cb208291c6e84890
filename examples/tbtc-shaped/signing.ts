import type { HostChain } from './host-chain.ts';
import type { Hex } from './ledger.ts';

/** An attempt to sign begins every so many blocks; who has announced itself by its end takes part. */
export const ATTEMPT_BLOCKS = 40n;

/** Something to sign, in the blocks that are left for it. */
export interface SigningOrder {
  readonly wallet: Hex;
  /** Names what is signed; the same for all operators. */
  readonly digest: string;
  readonly startBlock: bigint;
  /** No attempt ends after this block: a signature that comes too late to be used must not exist. */
  readonly lastBlock: bigint;
}

/**
 * Where threshold signing would be: operators announce their seats, and with `threshold` of them the attempt succeeds. It counts; it
 * does no cryptography.
 */
export interface Signing {
  /** The seats that signed, ascending, or null where no attempt had enough. */
  sign(
    order: SigningOrder,
    /** Asked at each attempt: those whose signer works. */
    seats: () => readonly number[],
    signal: AbortSignal,
  ): Promise<readonly number[] | null>;
}

export function signingOn(chain: HostChain, threshold: number): Signing {
  const announced = new Map<string, Set<number>>();
  return {
    sign: async ({ wallet, digest, startBlock, lastBlock }, seats, signal) => {
      for (let begins = startBlock; begins + ATTEMPT_BLOCKS <= lastBlock; begins += ATTEMPT_BLOCKS) {
        const ends = begins + ATTEMPT_BLOCKS;
        await chain.reached(begins, signal);
        if (chain.height() >= ends) continue;
        const key = `${wallet}/${digest}/${begins}`;
        const present = announced.get(key) ?? new Set();
        announced.set(key, present);
        for (const seat of seats()) present.add(seat);
        await chain.reached(ends, signal);
        if (present.size >= threshold) return [...present].sort((a, b) => a - b);
      }
      return null;
    },
  };
}
