import type { Life } from '@watchbill/testkit/sim';
import { GENESIS_MS } from '../names.ts';

/**
 * Call at the beginning of each period by the wall clock of the process, without waiting for the one
 * before.
 */
export async function every(
  { clock, alive }: Pick<Life, 'clock' | 'alive'>,
  periodMs: number,
  act: (index: number) => Promise<void>,
): Promise<void> {
  let last = -1;
  while (alive()) {
    const sinceMs = clock.nowMs() - GENESIS_MS;
    const index = Math.floor(sinceMs / periodMs);
    if (index !== last) void act(index);
    last = index;
    await clock.sleep((index + 1) * periodMs - sinceMs);
  }
}
