import type { z } from 'zod';
import type { PLACE_KEYS } from '../../candidates/candidate.ts';
import type { Place } from '../../snapshot/record-shapes.ts';
import type { placeView } from '../shapes/history.ts';

type Places = z.output<typeof placeView>;

/** The number of candidates in each place. Candidates with an unknown place are not counted. */
export function placesOf(places: Iterable<Place>): Places {
  const all = [...places];
  const tally = (name: (typeof PLACE_KEYS)[number]) => {
    const counts = new Map<string, number>();
    for (const { [name]: value } of all) {
      if (value !== '') counts.set(value, (counts.get(value) ?? 0) + 1);
    }
    return [...counts]
      .map(([value, count]) => ({ name: value, count }))
      .sort((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1));
  };
  return {
    located: all.length,
    declared: all.filter(({ declared }) => declared !== undefined).length,
    lookedUp: all.filter(({ lookedUp }) => lookedUp !== undefined).length,
    countries: tally('country'),
    regions: tally('region'),
    cities: tally('city'),
    providers: tally('provider'),
  };
}
