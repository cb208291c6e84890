import { z } from 'zod';
import { evidenceOf } from '../snapshot/evidence.ts';
import { defineCheck, fail, notKnown, pass } from './check.ts';

export const kusamaRank = defineCheck({
  id: 'kusama-rank',
  formerly: 'KUSAMA_RANK',
  about:
    'For candidates that name a Kusama stash: passes when that stash is in the Kusama programme, valid there, with a rank of at least `minimum`. Others ' +
    "pass. Unknown while the other programme's standing could not be read, and while that programme has not decided whether it is valid.",
  parameters: z.strictObject({ minimum: z.number().min(0).default(100) }),
  run: ({ snapshot, record }, { minimum }) => {
    const { kusama, candidate } = record;
    if (candidate.kusamaStash === null) return pass('it names no Kusama stash');
    const evidence = evidenceOf(snapshot, 'kusama', kusama, (value) =>
      value === null
        ? 'not in the programme'
        : `rank ${value.rank}, ${value.invalidReasons.length} reasons against it`,
    );
    if (!kusama.known) return notKnown('its standing in the Kusama programme could not be read', evidence);
    const remedy = `bring ${candidate.kusamaStash} to rank ${minimum} there`;
    if (kusama.value === null)
      return fail('its Kusama stash is not in the Kusama programme', remedy, evidence);
    const { rank, invalidReasons, undecided } = kusama.value;
    if (invalidReasons.length > 0) {
      return fail(
        `its Kusama stash is invalid there: ${invalidReasons.join('; ')}`,
        'mend what is named there',
        evidence,
      );
    }
    const found = `its Kusama stash has rank ${rank}, ${minimum} is asked for`;
    if (rank < minimum) return fail(found, remedy, evidence);
    if (undecided !== undefined)
      return notKnown(
        `whether its Kusama stash is valid there is not decided: ${undecided.join('; ')}`,
        evidence,
      );
    return pass(found, evidence);
  },
});
