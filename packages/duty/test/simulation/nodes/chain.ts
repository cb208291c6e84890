import type { Part } from '@watchbill/duty/rule';
import type { OriginalRequest } from '@watchbill/duty/service';
import { GENESIS_MS, ROUND_MS, SESSION_MS, SET, SLOT_MS } from '../names.ts';
import type { Plan } from '../plan/plan.ts';

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

/** What of a plan decides how the chain counts its rounds. */
type Sets = Pick<Plan, 'newSetAt'>;

/** The unit of a round that is counted without a break: its set, and its number there. */
export function roundUnit({ newSetAt }: Sets, round: bigint): readonly [set: bigint, number: bigint] {
  if (newSetAt === null || round < newSetAt) return [BigInt(SET), round];
  return [BigInt(SET) + 1n, round - newSetAt];
}

/** The round of a unit, counted without a break. */
export function roundOf({ newSetAt }: Sets, unit: string): bigint {
  const [set = 0n, number = 0n] = unit.split('/').map(BigInt);
  return newSetAt !== null && set > BigInt(SET) ? newSetAt + number : number;
}

export function roundText(sets: Sets, round: bigint): string {
  return roundUnit(sets, round).join('/');
}

/** Blocks are never counted anew; their set is that of the round at this time. */
export function blockText(sets: Sets, nowMs: number): string {
  return `${roundUnit(sets, chainRound(nowMs))[0]}/${beefyBlock(nowMs)}`;
}

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
  const unit = kind === 'round' ? `${SET}/${number}` : number;
  return parts.map((part) => ({ duty, unit, part }));
}
