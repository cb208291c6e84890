import { hexOf, storageKey } from '@watchbill/chain';
import type { DevChain } from './chain.ts';

/** The answer of a method; throws an error whose text goes to the caller. */
export type DevMethod = (params: readonly unknown[]) => unknown;

const ZERO = `0x${'00'.repeat(32)}`;

/** The few calls that a group makes to its chain. It has no accounts and no extrinsics. */
export function devMethods(chain: DevChain, nowMs: () => number): Readonly<Record<string, DevMethod>> {
  const hashAt = (height: number): string | null => {
    const hash = chain.hashOf(height, nowMs());
    return hash === null ? null : hexOf(hash);
  };
  const heightAt = (hash: unknown): number | null =>
    hash === undefined || hash === null
      ? chain.bestAt(nowMs())
      : typeof hash === 'string'
        ? chain.heightOf(hash.replace(/^0x/, ''))
        : null;
  return {
    chain_getBlockHash: ([height]) =>
      hashAt(height === undefined || height === null ? chain.bestAt(nowMs()) : count(height)),
    chain_getFinalizedHead: () => hashAt(chain.finalAt(nowMs())),
    chain_getHeader: ([hash]) => {
      const height = heightAt(hash);
      return height === null ? null : devHeader(height, hashAt(Math.max(0, height - 1)));
    },
    state_getStorage: ([key, at]) => {
      const height = heightAt(at);
      if (height === null) throw new Error('the dev chain has no such block');
      if (key !== storageKey('Babe', 'Randomness')) return null;
      const randomness = chain.randomnessAt(height, nowMs());
      return randomness === null ? null : hexOf(randomness);
    },
    system_health: () => ({ peers: 0, isSyncing: false, shouldHavePeers: false }),
    system_chain: () => 'watchbill dev chain',
    system_name: () => 'watchbill dev chain',
    system_version: () => '1',
  };
}

/** A header as a node sends it; the roots are placeholders. */
export function devHeader(height: number, parentHash: string | null): unknown {
  return {
    number: `0x${height.toString(16)}`,
    parentHash: parentHash ?? ZERO,
    stateRoot: ZERO,
    extrinsicsRoot: ZERO,
    digest: { logs: [] },
  };
}

function count(value: unknown): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw new Error('a height must be a whole number');
}
