import { type Context, withExamples } from '@watchbill/kit/command/context';
import type { Command } from 'commander';
import { readGraph } from './network-file.ts';
import { addPlanOptions, type PlanFlags, planAndSave } from './plan.ts';

/** `fleet nodes down`: makes a plan that removes a whole network. `fleet apply` carries it out. */
export function addFleetDown(parent: Command, { io, exit }: Context): void {
  const command = parent
    .command('down')
    .description(
      'plan the removal of the whole network, without removing it yet. Volumes, secrets and namespaces stay. Exit status as for plan',
    );
  addPlanOptions(command).action(async (options: PlanFlags) => {
    exit(await planAndSave(io, options, await readGraph(io, options.file), true));
  });
  withExamples(command, ['watchbill fleet nodes down', 'watchbill fleet apply 0a1b2c3d4e5f --allow-signing']);
}
