import { KEY, SET, START_MS } from '../names.ts';
import { chainRound } from '../nodes/chain.ts';
import { runUntilDone } from '../run/time.ts';
import type { World } from '../world/world.ts';
import { adopt, applyPolicy, servingOnes } from './commands.ts';
import { firstDocument } from './documents.ts';
import { NEVER_SIGNED } from './truth.ts';

const LIMIT_MS = 30_000;

/** Every service serves, and each key is adopted. */
export async function prepare(world: World): Promise<void> {
  await runUntilDone(world, async () => {
    while ((await servingOnes(world)).length < world.services.length) {
      if (world.clock.nowMs() >= START_MS + LIMIT_MS)
        throw new Error('the services do not begin to serve within 30 s of virtual time');
      await world.clock.sleep(50);
    }
    const permit = world.services[0]?.permit ?? null;
    if (permit === null) throw new Error('the first service does not run');
    for (const key of world.keys) {
      const applied = await applyPolicy(world, permit, firstDocument(world, key));
      // The set of an adoption is the one that the original wire protocol begins with.
      const set = world.plan.features.has('scope-changes') ? 0 : SET;
      const round = { grandpa: `${set}/${chainRound(world.clock.nowMs()) - 1n}` };
      const floors = key === KEY ? NEVER_SIGNED : { ...NEVER_SIGNED, ...round };
      if (!applied || !(await adopt(world, permit, key, floors)))
        throw new Error('the key was not adopted before the run began');
    }
  });
}
