import { z } from 'zod';
import { evidenceOf } from '../snapshot/evidence.ts';
import { defineCheck, fail, notKnown, pass } from './check.ts';

export const blocked = defineCheck({
  id: 'blocked',
  formerly: 'BLOCKED',
  about:
    'Passes while the validator lets others nominate it. Unknown while the preferences could not be read.',
  parameters: z.strictObject({}),
  run: ({ snapshot, record: { prefs } }) => {
    const evidence = evidenceOf(snapshot, 'prefs.blocked', prefs, (value) => String(value.blocked));
    if (!prefs.known) return notKnown('the preferences could not be read', evidence);
    if (!prefs.value.blocked) return pass('it can be nominated', evidence);
    return fail('it blocks nominations', 'call staking.validate with blocked: false', evidence);
  },
});
