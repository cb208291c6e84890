import { z } from 'zod';
import { evidenceOf } from '../snapshot/evidence.ts';
import { defineCheck, fail, notKnown, pass } from './check.ts';

export const validateIntention = defineCheck({
  id: 'validate-intention',
  formerly: 'VALIDATE_INTENTION',
  about:
    'Passes when the stash is among the validators of the staking pallet. Unknown while they could not be read.',
  parameters: z.strictObject({}),
  run: ({ snapshot, record }) => {
    const evidence = evidenceOf(snapshot, 'validating', record.validating);
    if (!record.validating.known) return notKnown('the list of validators could not be read', evidence);
    if (record.validating.value) return pass('it has a validate intention', evidence);
    return fail('it has no validate intention', 'call staking.validate from the stash', evidence);
  },
});
