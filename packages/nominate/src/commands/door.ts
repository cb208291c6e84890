import { addOn } from '@watchbill/kit/command/add-on';
import type { Door } from '@watchbill/kit/command/door';

/** The command of the add-on. */
export const NOMINATE_DOOR: Door = {
  group: 'Other capabilities',
  usage: 'nominate',
  about: 'choose validators to nominate by public rules; anyone can reproduce each decision',
  load: addOn('nominate', async () => {
    const { fillNominate: fill, version } = await import('./nominate-command.ts');
    return { fill, version };
  }),
};
