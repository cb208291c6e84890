import { z } from 'zod';
import { placeEvidence, shownPart } from '../snapshot/place.ts';
import { label } from '../snapshot/shapes.ts';
import { defineCheck, fail, notKnown, pass } from './check.ts';

export const sanctionedArea = defineCheck({
  id: 'sanctioned-area',
  formerly: 'SANCTIONED_GEO_AREA',
  about:
    'Passes when neither country nor region of the node is listed; case, outer blanks and apostrophes do not matter. Unknown if the ' +
    'place is unknown.',
  parameters: z.strictObject({ countries: z.array(label).default([]), regions: z.array(label).default([]) }),
  run: ({ snapshot, record: { place } }, { countries, regions }) => {
    const evidence = placeEvidence(
      snapshot,
      'place',
      place,
      (value) => `${shownPart(value, 'country')}, ${shownPart(value, 'region')}`,
    );
    if (!place.known || place.value === null) return notKnown('the place of the node is not known', evidence);
    const { country, region } = place.value;
    const listed = isListed(country, countries) || isListed(region, regions);
    if (listed)
      return fail(
        `it runs in ${region || country}, from where the programme may take nobody`,
        'move the node',
        evidence,
      );
    if (country === '') return notKnown('the country of the node is not known', evidence);
    return pass(`it runs in ${shownPart(place.value, 'country')}`, evidence);
  },
});

function isListed(name: string, list: readonly string[]): boolean {
  // Tables write the soft sign of these names with any of these marks, or leave it out.
  const fold = (text: string) =>
    text
      .replaceAll(/['’‘ʼʹ`´]/g, '')
      .trim()
      .toLowerCase();
  return name.trim() !== '' && list.some((one) => fold(one) === fold(name));
}
