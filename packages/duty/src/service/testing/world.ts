import { createHash } from 'node:crypto';
import type { TestContext } from 'node:test';
import type { Random } from '@watchbill/kit';
import { createVirtualClock, type VirtualClock } from '@watchbill/kit/testing';

/** When every test begins, in Unix milliseconds. */
export const START_MS = 1_700_000_000_000;

/** Every wait of a test ends after this much virtual time. */
const PATIENCE_MS = 120_000;
const LOOK_MS = 10;

/** Shared by the services of one test. */
export interface World {
  /** Time passes by itself while the test waits, and stands still once the test is over. */
  readonly clock: VirtualClock;
  readonly random: Random;
  /** Calls `stop` when the test ends, while time still passes. The last one added is the first to run. */
  atEnd(stop: () => Promise<void>): void;
}

const worlds = new WeakMap<TestContext, World>();

/** The world of a test: the same one at every call. */
export function worldOf(context: TestContext): World {
  const known = worlds.get(context);
  if (known !== undefined) return known;
  const clock = createVirtualClock({ startMs: START_MS, flowing: true });
  const stops: (() => Promise<void>)[] = [];
  const world = { clock, random: fakeRandom(), atEnd: (stop: () => Promise<void>) => void stops.push(stop) };
  worlds.set(context, world);
  context.after(async () => {
    for (const stop of stops.toReversed()) await stop();
    clock.halt();
  });
  return world;
}

export function clockOf(context: TestContext): VirtualClock {
  return worldOf(context).clock;
}

/** Different bytes at each draw, and the same ones in each run. */
export function fakeRandom(): Random {
  let draws = 0;
  return {
    bytes: (length) => createHash('shake256', { outputLength: length }).update(String(++draws)).digest(),
  };
}

/** Lets virtual time pass until the condition holds. */
export async function until(
  context: TestContext,
  holds: () => boolean | Promise<boolean>,
  what: string,
): Promise<void> {
  const { clock } = worldOf(context);
  const endMs = clock.monotonicMs() + PATIENCE_MS;
  while (!(await holds())) {
    if (clock.monotonicMs() > endMs) throw new Error(`waited in vain for ${what}`);
    await clock.sleep(LOOK_MS);
  }
}
