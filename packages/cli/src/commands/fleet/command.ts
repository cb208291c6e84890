import type { Command } from 'commander';
import { type Context, withExamples } from '../../process/context.ts';
import { addFleetAccess } from './access/command.ts';
import { addFleetApply } from './apply.ts';
import { addFleetBackup } from './backup/command.ts';
import { addFleetCheck } from './check.ts';
import { addFleetDown } from './down.ts';
import { addFleetExplain } from './explain.ts';
import { addFleetGateway } from './gateway/command.ts';
import { addFleetInit } from './init.ts';
import { addFleetKeys } from './keys/command.ts';
import { addFleetPlan } from './plan.ts';
import { addFleetRender } from './render.ts';
import { addFleetRollout } from './rollout/command.ts';
import { addFleetScale } from './scale/command.ts';
import { addFleetSchema } from './schema.ts';
import { addFleetSecrets } from './secrets/command.ts';
import { addFleetSimulate } from './simulate/command.ts';
import { addFleetStatus } from './status.ts';
import { addFleetStorage } from './storage/command.ts';
import { addFleetUp } from './up/command.ts';
import { addFleetTrial } from './up/trial.ts';
import { addFleetWatch } from './watch/command.ts';

export function fillFleet(command: Command, context: Context): void {
  withExamples(command, [
    'watchbill fleet init --preset solo-chain --chain westend',
    'watchbill fleet check',
    'watchbill fleet explain validators',
    'watchbill fleet plan',
    'watchbill fleet apply 0a1b2c3d4e5f --allow-signing',
    'watchbill fleet render --format kustomize --out rendered',
  ]);
  addFleetInit(command, context);
  addFleetCheck(command, context);
  addFleetExplain(command, context);
  addFleetPlan(command, context);
  addFleetApply(command, context);
  addFleetRollout(command, context);
  addFleetScale(command, context);
  addFleetStatus(command, context);
  addFleetDown(command, context);
  addFleetRender(command, context);
  addFleetSchema(command, context);
  addFleetKeys(command, context);
  addFleetSecrets(command, context);
  addFleetAccess(command, context);
  addFleetBackup(command, context);
  addFleetStorage(command, context);
  addFleetTrial(command, context);
  addFleetUp(command, context);
  addFleetSimulate(command, context);
  addFleetGateway(command, context);
  addFleetWatch(command, context);
}
