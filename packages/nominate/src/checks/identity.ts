import { z } from 'zod';
import { evidenceOf } from '../snapshot/evidence.ts';
import { label } from '../snapshot/shapes.ts';
import { defineCheck, fail, notKnown, pass } from './check.ts';

export const identity = defineCheck({
  id: 'identity',
  formerly: 'IDENTITY',
  about:
    'Passes when the stash, or the account that it is a sub of, has an identity with a judgement in `accepted` and none in `refused`. Other ' +
    'judgements (FeePaid, OutOfDate, LowQuality) count for nothing. Unknown while the chain with identities could not be read.',
  parameters: z.strictObject({
    accepted: z.array(label).min(1).default(['Reasonable', 'KnownGood']),
    refused: z.array(label).default(['Erroneous']),
  }),
  run: ({ snapshot, record }, { accepted, refused }) => {
    const fact = record.identity;
    const evidence = evidenceOf(snapshot, 'identity', fact, (value) =>
      value === null ? 'none' : `${value.account}: ${value.judgements.join(', ') || 'not judged'}`,
    );
    if (!fact.known) return notKnown('identities could not be read', evidence);
    if (fact.value === null) {
      return fail(
        'it has no identity',
        'set one on the People chain (identity.setIdentity), or make the stash a sub of one that has',
        evidence,
      );
    }
    const { judgements } = fact.value;
    const bad = judgements.find((judgement) => refused.includes(judgement));
    if (bad !== undefined)
      return fail(
        `a registrar judged its identity ${bad}`,
        'correct the identity and ask that registrar again',
        evidence,
      );
    if (judgements.some((judgement) => accepted.includes(judgement)))
      return pass('its identity is judged', evidence);
    if (judgements.includes('OutOfDate')) {
      return fail(
        'the judgement of its identity is out of date',
        'ask a registrar again (identity.requestJudgement)',
        evidence,
      );
    }
    return fail(
      'no registrar has judged its identity',
      'ask a registrar (identity.requestJudgement)',
      evidence,
    );
  },
});
