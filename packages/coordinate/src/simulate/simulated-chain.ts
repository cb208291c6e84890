import type { InputAsk } from '../rules.ts';
import { hash } from './group-setup.ts';

/** The interval between two blocks. */
export const BLOCK_MS = 6_000;

/** A chain that all members can read: its answers for a height follow from the seed of the run. */
export interface SimulatedChain {
  read(ask: InputAsk): Uint8Array;
  hashOf(height: bigint): Uint8Array;
}

/** A false answer of a node to its member. */
export type FalseAnswer = 'seed' | 'reference';

export function simulatedChainOf(seed: string): SimulatedChain {
  const read = ({ kind, height }: InputAsk) => hash(`${seed}/${kind}/${height}`);
  return { read, hashOf: (height) => read({ kind: 'block-hash', height }) };
}

/**
 * The answer of a node that may be false: the first question is for the seed, the second for the reference
 * block.
 */
export function answered(
  chain: SimulatedChain,
  asks: readonly InputAsk[],
  falseAnswer: FalseAnswer | null,
): readonly Uint8Array[] {
  const wrong = falseAnswer === 'seed' ? 0 : falseAnswer === 'reference' ? 1 : -1;
  return asks.map((ask, i) => (i === wrong ? hash(`lie/${ask.kind}/${ask.height}`) : chain.read(ask)));
}
