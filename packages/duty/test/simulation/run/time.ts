import type { World } from '../world/world.ts';

const LOOK_MS = 20;
const LIMIT_MS = 120_000;

/** Lets virtual time pass until the work has ended; rejects as it does, or after 120 s of virtual time. */
export async function runUntilDone(world: World, work: () => Promise<void>): Promise<void> {
  let ended = false;
  let failed: { readonly error: unknown } | null = null;
  void work().then(
    () => {
      ended = true;
    },
    (error: unknown) => {
      failed = { error };
    },
  );
  const limitMs = world.clock.nowMs() + LIMIT_MS;
  while (!ended && failed === null) {
    if (world.clock.nowMs() > limitMs) throw new Error('the work did not end within 120 s of virtual time');
    await world.clock.run(world.clock.nowMs() + LOOK_MS);
  }
  if (failed !== null) throw (failed as { readonly error: unknown }).error;
}
