import type { Part } from '@watchbill/duty';
import type { OriginalRequest } from '@watchbill/permit';
import { GENESIS_MS, ROUND_MS, SESSION_MS, SET, SLOT_MS } from '../names.ts';

/** The chain as a node with this clock sees it. */
export function chainSlot(nowMs: number): bigint {
  return BigInt(Math.floor((nowMs - GENESIS_MS) / SLOT_MS));
}

export function chainRound(nowMs: number): bigint {
  return BigInt(Math.floor((nowMs - GENESIS_MS) / ROUND_MS));
}

export function chainSession(nowMs: number): bigint {
  return BigInt(Math.floor((nowMs - GENESIS_MS) / SESSION_MS));
}

/** BEEFY votes for every second block, and a block is made with every round. */
export function beefyBlock(nowMs: number): bigint {
  const round = chainRound(nowMs);
  return round - (round % 2n);
}

export const inSet = (number: bigint): string => `${SET}/${number}`;

const ORIGINAL = {
  slot: { duty: 'babe', parts: ['seal'] },
  round: { duty: 'grandpa', parts: ['prevote', 'precommit'] },
  session: { duty: 'im-online', parts: ['heartbeat'] },
} as const;

/** What an allowed question of the original wire protocol lets a node of the present set sign. */
export function originalActs({
  kind,
  number,
}: OriginalRequest): readonly { readonly duty: string; readonly unit: string; readonly part: Part }[] {
  const { duty, parts } = ORIGINAL[kind];
  const unit = kind === 'round' ? inSet(BigInt(number)) : number;
  return parts.map((part) => ({ duty, unit, part }));
}
