import { z } from 'zod';
import { evidenceOf } from '../snapshot/evidence.ts';
import { defineCheck, fail, notKnown, pass } from './check.ts';

/** The runtime put this in place of keys that were set before BEEFY: the bytes of "beef". */
const DUMMY = '0x62656566';

export const beefy = defineCheck({
  id: 'beefy',
  formerly: 'BEEFY',
  about:
    'Passes when the next session keys hold a BEEFY key that is not the dummy of the migration. Unknown if the keys could not be read, or if the ' +
    'chain has no such key.',
  parameters: z.strictObject({}),
  run: ({ snapshot, record: { sessionKeys } }) => {
    const evidence = evidenceOf(snapshot, 'sessionKeys.beefy', sessionKeys, (keys) => keys?.beefy ?? 'none');
    if (!sessionKeys.known) return notKnown('the session keys could not be read', evidence);
    const remedy =
      'make new session keys on the node (author_rotateKeysWithOwner) and set them for the stash';
    if (sessionKeys.value === null) return fail('it has set no session keys', remedy, evidence);
    const key = sessionKeys.value.beefy;
    if (key === undefined) return notKnown('the session keys of this chain hold no BEEFY key', evidence);
    if (key.startsWith(DUMMY) || /^0x0*$/.test(key))
      return fail('its BEEFY key is a dummy', remedy, evidence);
    return pass('it has set a BEEFY key', evidence);
  },
});
