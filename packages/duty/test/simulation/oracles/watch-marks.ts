import type { SeenMark } from '../world/history.ts';
import type { World } from '../world/world.ts';

const LOOK_MS = 500;

/** Reads the marks through one service after another, for the oracles that judge the store. */
export async function watchMarks(world: World): Promise<void> {
  const random = world.random.fork('marks');
  for (;;) {
    await world.clock.sleep(LOOK_MS);
    const { permit, host } = random.pick(world.services);
    if (permit === null || host.state() !== 'up') continue;
    const startedMs = world.clock.nowMs();
    const reading = permit.marks({}).catch(() => null);
    const late = world.clock.sleep(2 * LOOK_MS).then(() => null);
    const views = await Promise.race([reading, late]);
    if (views === null) continue;
    const marks = new Map<string, SeenMark>(
      views.map(({ chain, key, duty, head, floor, recent }) => [
        `${chain}/${key}/${duty}`,
        { seq: BigInt(head.seq), floor, units: new Set(recent.map(({ unit }) => unit)) },
      ]),
    );
    world.history.add({ kind: 'marks', startedMs, atMs: world.clock.nowMs(), marks });
  }
}
