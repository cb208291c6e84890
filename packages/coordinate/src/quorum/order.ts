import type { Draws } from './draws.ts';

/** A swap of the shuffle; places count from 0. */
export interface Swap {
  readonly i: number;
  readonly j: number;
}

/** The seats 0 to count - 1, shuffled by Fisher and Yates from the last place down. */
export function shuffledSeats(draws: Draws, count: number, onSwap?: (swap: Swap) => void): readonly number[] {
  const seats = Array.from({ length: count }, (_, seat) => seat);
  for (let i = count - 1; i > 0; i--) {
    const j = draws.below(i + 1);
    onSwap?.({ i, j });
    const moved = seats[i] ?? 0;
    seats[i] = seats[j] ?? 0;
    seats[j] = moved;
  }
  return seats;
}

/**
 * The seat that leads a rank in the window at a position of its span: over a span, each seat holds each rank
 * once.
 */
export function leaderInOrder(order: readonly number[], position: number, rank: number): number {
  const seat = order[(position + rank) % order.length];
  if (seat === undefined) throw new RangeError(`rank ${rank} has no leader in an order of ${order.length}`);
  return seat;
}
