import { addOn } from '../../process/add-on.ts';
import type { Door } from '../../process/door.ts';

/** The command of the add-on. */
export const NOMINATE_DOOR: Door = {
  group: 'Other capabilities',
  usage: 'nominate',
  about: 'choose validators to nominate by public rules; anyone can reproduce each decision',
  load: addOn('nominate', async () => {
    const { fillNominate: fill, version } = await import('./command.ts');
    return { fill, version };
  }),
};
