import { addOn } from '@watchbill/kit/command/add-on';
import type { Door } from '@watchbill/kit/command/door';

/** The command of the add-on. */
export const FLEET_DOOR: Door = {
  group: 'Other capabilities',
  usage: 'fleet',
  about: 'run a network of nodes from one file: plan each change with its risks, then apply it',
  load: addOn('fleet', async () => {
    const { fillFleet: fill, version } = await import('./fleet-command.ts');
    return { fill, version };
  }),
};
