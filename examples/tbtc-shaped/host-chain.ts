import { createHash } from 'node:crypto';
import type { ClockSource } from '@watchbill/coordinate';

/** The chain that hosts the wallets, in memory: heights and hashes, without forks. The script moves it. */
export interface HostChain extends ClockSource {
  height(): bigint;
  mine(blocks: bigint): void;
  /** Resolves at this height or above; rejects when the signal ends. */
  reached(height: bigint, signal: AbortSignal): Promise<void>;
}

export function hostChain(seed: string): HostChain {
  let height = 1n;
  const listeners = new Set<() => void>();

  const change = (signal: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      const done = (): void => {
        listeners.delete(done);
        signal.removeEventListener('abort', done);
        resolve();
      };
      listeners.add(done);
      signal.addEventListener('abort', done, { once: true });
    });

  return {
    height: () => height,
    mine: (blocks) => {
      height += blocks;
      for (const listener of [...listeners]) listener();
    },
    reached: async (wanted, signal) => {
      while (height < wanted && !signal.aborted) await change(signal);
      signal.throwIfAborted();
    },
    heights: async function* (signal) {
      let told = 0n;
      while (!signal.aborted) {
        if (height > told) {
          told = height;
          yield height;
        } else await change(signal);
      }
    },
    input: async (ask) => {
      if (ask.kind !== 'block-hash') throw new Error(`this chain has no ${ask.kind}`);
      if (ask.height > height) throw new Error(`block ${ask.height} does not exist yet`);
      return Uint8Array.from(createHash('sha256').update(`${seed}/${ask.height}`).digest());
    },
  };
}
