import { shownAmount } from '@watchbill/kit';
import { z } from 'zod';
import { evidenceOf } from '../snapshot/evidence.ts';
import { wide } from '../snapshot/shapes.ts';
import { defineCheck, fail, notKnown, pass } from './check.ts';

export const selfStake = defineCheck({
  id: 'self-stake',
  formerly: 'SELF_STAKE',
  about:
    'Passes when the active bond of the stash is at least `minimum` (planck, as text). With `honourSkip`, candidates whose entry says ' +
    'skipSelfStake pass. Unknown while the ledger could not be read.',
  parameters: z.strictObject({
    minimum: wide.prefault('10000000000000000000'),
    honourSkip: z.boolean().default(true),
  }),
  run: ({ snapshot, record }, { minimum, honourSkip }) => {
    const { network } = snapshot;
    const evidence = evidenceOf(snapshot, 'selfStake', record.selfStake, (planck) =>
      shownAmount(planck, network),
    );
    if (honourSkip && record.candidate.skipSelfStake)
      return pass('the list excuses it from self stake', evidence);
    if (!record.selfStake.known) return notKnown('the ledger could not be read', evidence);
    const bonded = record.selfStake.value;
    const [has, least] = [shownAmount(bonded, network), shownAmount(minimum, network)];
    if (bonded >= minimum) return pass(`${has} are bonded, at least ${least} are asked for`, evidence);
    const missing = shownAmount(minimum - bonded, network);
    return fail(
      `${has} are bonded, at least ${least} are asked for`,
      `bond ${missing} more (staking.bondExtra)`,
      evidence,
    );
  },
});
