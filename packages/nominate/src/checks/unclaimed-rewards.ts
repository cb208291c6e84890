import { z } from 'zod';
import { evidenceOf } from '../snapshot/evidence.ts';
import { count } from '../snapshot/shapes.ts';
import { defineCheck, fail, notKnown, pass } from './check.ts';

export const unclaimedRewards = defineCheck({
  id: 'unclaimed-rewards',
  formerly: 'UNCLAIMED_REWARDS',
  about:
    'Passes while every era with unpaid rewards is later than the active era minus `eraThreshold` minus one. Unknown if claims or the ' +
    'active era could not be read.',
  parameters: z.strictObject({ eraThreshold: count.default(4) }),
  run: ({ snapshot, record }, { eraThreshold }) => {
    const { active } = snapshot.eras;
    const unclaimed = evidenceOf(
      snapshot,
      'unclaimedEras',
      record.unclaimedEras,
      (eras) => eras.join(', ') || 'none',
    );
    const now = evidenceOf(snapshot, 'eras.active', active);
    if (!record.unclaimedEras.known) return notKnown('claimed rewards could not be read', unclaimed, now);
    if (!active.known) return notKnown('the active era could not be read', unclaimed, now);
    const first = active.value - eraThreshold - 1;
    const late = record.unclaimedEras.value.filter((era) => era <= first);
    if (late.length === 0) return pass(`no rewards up to era ${first} are unpaid`, unclaimed, now);
    return fail(
      `the rewards of ${late.length === 1 ? 'era' : 'the eras'} ${late.join(', ')} are unpaid`,
      'pay them out (staking.payoutStakersByPage, every page)',
      unclaimed,
      now,
    );
  },
});
