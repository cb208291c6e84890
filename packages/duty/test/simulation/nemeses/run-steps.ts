import { adoptAgain, changePolicy, releaseAll, replaceService } from '../operator/acts.ts';
import { freezeForAWhile } from '../operator/freezes.ts';
import type { Step } from '../plan/plan.ts';
import { type Backup, takeBackup } from '../world/backups.ts';
import type { World } from '../world/world.ts';
import { replaceEpoch } from './epoch.ts';
import { disturbProcess } from './processes.ts';
import { loseFile, restore } from './restore.ts';
import { disturbSurroundings } from './surroundings.ts';
import { textOf } from './texts.ts';

/** Sets a timer for every step of the plan, and for the backups that its restores need. */
export function runSteps(world: World): void {
  for (const step of world.plan.steps) {
    const backups: Backup[] = [];
    if (step.act.kind === 'restore')
      world.clock.after(step.act.backupAtMs, () => void backups.push(takeBackup(world)));
    world.clock.after(step.atMs, () => {
      if (world.mood.calm) return;
      world.remark(`step ${step.id}: ${textOf(world, step.act)}`);
      void runStep(world, step, backups).catch((error: unknown) =>
        world.remark(`step ${step.id} failed: ${error instanceof Error ? error.message : String(error)}`),
      );
    });
  }
}

async function runStep(world: World, { id, act }: Step, [backup]: readonly Backup[]): Promise<void> {
  const random = world.random.fork(`step/${id}`);
  switch (act.kind) {
    case 'crash-service':
    case 'crash-node':
    case 'pause-service':
    case 'pause-node':
      return disturbProcess(world, act);
    case 'restore':
      return backup === undefined ? undefined : restore(world, act, backup);
    case 'policy':
      return changePolicy(world, act, random);
    case 'adopt':
      return adoptAgain(world, act);
    case 'freeze':
      return freezeForAWhile(world, act);
    case 'remove-service':
      return replaceService(world, act.service);
    case 'new-epoch':
      return replaceEpoch(world, random);
    case 'lose-file':
      return loseFile(world, act.node);
    case 'release-report':
      return releaseAll(world);
    default:
      return disturbSurroundings(world, act);
  }
}
