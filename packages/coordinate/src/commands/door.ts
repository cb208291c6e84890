import { addOn } from '@watchbill/kit/command/add-on';
import type { Door } from '@watchbill/kit/command/door';

/** The command of the add-on. */
export const COORDINATE_DOOR: Door = {
  group: 'Other capabilities',
  usage: 'coordinate',
  about: 'agree on one action per window of blocks, as a group with a leader picked by the chain',
  load: addOn('coordinate', async () => {
    const { fillCoordinate: fill, version } = await import('./coordinate-command.ts');
    return { fill, version };
  }),
};
