import type { World } from '../world/world.ts';
import type { Violation } from './oracle.ts';

const LOOK_MS = 250;
/** A write that failed is tried again after at most 10 s. */
const LIMIT_MS = 12_000;

/**
 * Q: once every fault has ended, each rollback report that a service holds is in the store, so that it binds
 * the other services and outlives this one. Lets virtual time pass until it is.
 */
export async function unsavedReport(world: World): Promise<Violation | null> {
  const endMs = world.clock.nowMs() + LIMIT_MS;
  for (;;) {
    const unsaved = await unsavedNow(world);
    if (unsaved === null) return null;
    if (world.clock.nowMs() >= endMs)
      return {
        promise: 'Q',
        what: `${unsaved} is not in the store though every fault has ended`,
        events: [],
      };
    await world.clock.sleep(LOOK_MS);
  }
}

async function unsavedNow(world: World): Promise<string | null> {
  const stored = [...world.store.snapshot().records.keys()].filter((key) => key.startsWith('doubt/'));
  for (const { name, permit, host, disk } of world.services) {
    if (permit === null || host.state() !== 'up') continue;
    for (const { id, state, service } of await permit.rollbackReports())
      if (state === 'held' && service === disk.serviceId && !stored.some((key) => key.includes(id)))
        return `rollback report ${id} of ${name}`;
  }
  return null;
}
