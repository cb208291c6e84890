import { z } from 'zod';
import { placeEvidence, shownPart } from '../snapshot/place.ts';
import type { CandidateRecord } from '../snapshot/record-shapes.ts';
import { label } from '../snapshot/shapes.ts';
import { defineCheck, fail, notKnown, pass } from './check.ts';

export const provider = defineCheck({
  id: 'provider',
  formerly: 'PROVIDER',
  about:
    'Passes when the provider of the node is not in `banned`; case and outer blanks do not matter. `AS64496` bans the autonomous system of that number, if it was looked up. ' +
    'Unknown if the place is unknown; a place that is only in the candidate list is marked as declared.',
  parameters: z.strictObject({ banned: z.array(label).default([]) }),
  run: ({ snapshot, record }, { banned }) => {
    const { place } = record;
    const evidence = placeEvidence(snapshot, 'place.provider', place, (value) =>
      shownPart(value, 'provider'),
    );
    const name = place.known ? (place.value?.provider ?? '') : '';
    if (name === '') return notKnown('the provider of the node is not known', evidence);
    if (!isBanned(name, banned) && !isBanned(numberOf(place), banned))
      return pass(`it runs at ${shownPart(place.known ? place.value : null, 'provider')}`, evidence);
    return fail(
      `it runs at ${name}, which the programme does not take`,
      'move the node to another provider',
      evidence,
    );
  },
});

/** The autonomous system as lists name it; empty text for none. */
function numberOf(place: CandidateRecord['place']): string {
  const asn = place.known ? place.value?.asn : undefined;
  return asn === undefined ? '' : `AS${asn}`;
}

/** Whether a provider is in a list. Case does not matter. */
export function isBanned(name: string, banned: readonly string[]): boolean {
  const fold = (text: string) => text.trim().toLowerCase();
  return banned.some((one) => fold(one) === fold(name));
}
