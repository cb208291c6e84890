import { z } from 'zod';
import { defineCheck, fail, pass } from './check.ts';

export const kyc = defineCheck({
  id: 'kyc',
  formerly: null,
  about:
    'Passes when the candidate list says that the programme knows who the operator is. Not part of the rules that come with the package; for programmes that ask for it.',
  parameters: z.strictObject({}),
  run: ({ snapshot, record }) => {
    const evidence = {
      fact: 'candidate.kyc',
      value: String(record.candidate.kyc),
      source: `candidate list, configuration ${snapshot.configVersion}`,
      block: null,
      ageMs: null,
    };
    if (record.candidate.kyc) return pass('the operator is known to the programme', evidence);
    return fail(
      'the operator is not known to the programme',
      'ask the programme how to make yourself known',
      evidence,
    );
  },
});
