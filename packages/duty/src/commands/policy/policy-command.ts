import { command } from '@watchbill/kit/command/command';
import { apply } from './apply.ts';
import { show } from './show.ts';

/** `policy`: the settings of safety. The ledger keeps them, with a new version for every change. */
export const policy = command({
  commands: { show, apply },
  examples: ['watchbill policy show', 'watchbill policy apply policy.yaml'],
});
