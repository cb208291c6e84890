import { CHAIN } from '../names.ts';
import type { FreezeAct } from '../plan/plan.ts';
import type { World } from '../world/world.ts';
import { command, servingOnes } from './commands.ts';

/** Freezes a key at one service, and lifts the freeze at any service later. */
export async function freezeForAWhile(world: World, { key: index, lastsMs }: FreezeAct): Promise<void> {
  const [service] = await servingOnes(world);
  const key = world.keys[index];
  if (service?.permit == null || key === undefined) return;
  const { permit } = service;
  const text = `freezes ${key.slice(0, 6)} at ${service.name}`;
  await command(world, { act: 'freeze', text, key }, () =>
    permit.freeze({ chain: CHAIN, key, reason: 'a step of the plan' }, 'operator'),
  );
  world.clock.after(lastsMs, () => void lift(world, key));
}

/** Lifts the freeze of every key that is frozen. */
export async function liftFreezes(world: World): Promise<void> {
  const [service] = await servingOnes(world);
  for (const { key, mode } of (await service?.permit?.policies()) ?? [])
    if (mode === 'frozen') await lift(world, key);
}

async function lift(world: World, key: string): Promise<void> {
  const [service] = await servingOnes(world);
  if (service?.permit == null) return;
  const { permit } = service;
  const text = `lifts the freeze of ${key.slice(0, 6)} at ${service.name}`;
  await command(world, { act: 'freeze', text, key }, () =>
    permit.liftFreeze({ chain: CHAIN, key, reason: 'a step of the plan' }, 'operator'),
  );
}
