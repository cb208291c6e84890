import { z } from 'zod';
import { evidenceOf } from '../snapshot/evidence.ts';
import { perbill } from '../snapshot/shapes.ts';
import { type CheckInput, defineCheck, fail, notKnown, pass } from './check.ts';
import { shownPerbill } from './show.ts';

export const maximumCommission = defineCheck({
  id: 'maximum-commission',
  formerly: 'COMMISION',
  about:
    'Passes while the commission is at most `perbill` (150000000 is 15 %). Unknown while the preferences could not be read.',
  parameters: z.strictObject({ perbill: perbill.default(150_000_000) }),
  run: (input, parameters) => {
    const { prefs } = input.record;
    const evidence = commissionEvidence(input);
    if (!prefs.known) return notKnown('the preferences could not be read', evidence);
    const { commissionPerbill } = prefs.value;
    const [set, allowed] = [shownPerbill(commissionPerbill), shownPerbill(parameters.perbill)];
    if (commissionPerbill <= parameters.perbill)
      return pass(`its commission is ${set}, at most ${allowed} is allowed`, evidence);
    return fail(
      `its commission is ${set}, at most ${allowed} is allowed`,
      `lower it to ${allowed} (staking.validate)`,
      evidence,
    );
  },
});

export const minimumCommission = defineCheck({
  id: 'minimum-commission',
  formerly: null,
  about:
    'Passes while the commission is at least `perbill`. On Polkadot, 10 % since March 2026: below it, anyone may chill the validator. ' +
    'Unknown while the preferences could not be read.',
  parameters: z.strictObject({ perbill: perbill.default(0) }),
  run: (input, parameters) => {
    const { prefs } = input.record;
    const evidence = commissionEvidence(input);
    if (!prefs.known) return notKnown('the preferences could not be read', evidence);
    const { commissionPerbill } = prefs.value;
    const [set, least] = [shownPerbill(commissionPerbill), shownPerbill(parameters.perbill)];
    if (commissionPerbill >= parameters.perbill)
      return pass(`its commission is ${set}, at least ${least} is asked for`, evidence);
    return fail(
      `its commission is ${set}, at least ${least} is asked for`,
      `raise it to ${least} (staking.validate)`,
      evidence,
    );
  },
});

function commissionEvidence({ snapshot, record }: CheckInput) {
  return evidenceOf(snapshot, 'prefs.commissionPerbill', record.prefs, (prefs) =>
    String(prefs.commissionPerbill),
  );
}
