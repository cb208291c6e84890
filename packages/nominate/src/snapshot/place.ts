import { type DeclaredPlace, PLACE_KEYS } from '../candidates/candidate.ts';
import { type Fact, known, unknown } from '../facts/fact.ts';
import type { Place } from './record-shapes.ts';

/** What a telemetry server says of where a node stands: it looked up the address from which the node reports. */
export interface Located {
  readonly latitude: number;
  readonly longitude: number;
  readonly city: string;
}

/** The place that a telemetry server gave; null for one that cannot be on earth. */
export function placeOfLocated({ latitude, longitude, city }: Located): Place | null {
  if (!(Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180)) return null;
  return { city: city.toWellFormed(), region: '', country: '', provider: '', latitude, longitude };
}

/**
 * Where a node runs. What was located stands before what the operator declares; parts that only the declaration has are marked. Nothing is
 * looked up by address, so that country and provider are known only where somebody says them.
 */
export function placeOf(located: Place | null, declared: DeclaredPlace | undefined): Fact<Place | null> {
  const said = PLACE_KEYS.filter((key) => (located?.[key] ?? '') === '' && (declared?.[key] ?? '') !== '');
  if (located === null && said.length === 0)
    return unknown('no telemetry server has located its node, and its entry declares no place', 'places');
  const part = (key: (typeof PLACE_KEYS)[number]) => located?.[key] || declared?.[key] || '';
  const { latitude, longitude } = located ?? {};
  return known(
    {
      city: part('city'),
      region: part('region'),
      country: part('country'),
      provider: part('provider'),
      ...(latitude === undefined ? {} : { latitude }),
      ...(longitude === undefined ? {} : { longitude }),
      ...(said.length === 0 ? {} : { declared: said }),
    },
    located === null ? 'programme' : 'places',
  );
}

/** A part of a place, for people: `not known`, or with a mark where only the operator says it. */
export function shownPart(place: Place | null, key: (typeof PLACE_KEYS)[number]): string {
  const text = place?.[key] ?? '';
  if (text === '') return 'not known';
  return place?.declared?.includes(key) === true ? `${text} (declared)` : text;
}
