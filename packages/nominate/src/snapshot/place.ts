import { type DeclaredPlace, PLACE_KEYS } from '../candidates/candidate.ts';
import { type Evidence, type Fact, known, unknown } from '../facts/fact.ts';
import type { FoundPlace } from '../places/port.ts';
import { evidenceOf } from './evidence.ts';
import type { Place } from './record-shapes.ts';
import type { Snapshot } from './snapshot.ts';

/** What a telemetry server says of where a node stands: it looked up the address from which the node reports. */
export interface Located {
  readonly latitude: number;
  readonly longitude: number;
  readonly city: string;
}

/** What became of the lookup of an address; the address itself is not kept. */
export interface LookedUp {
  /** The last one that was found; null while none was. */
  readonly place: FoundPlace | null;
  /** Whose word the address is: that of the programme, of a telemetry feed, or of the candidate's own entry. */
  readonly by: 'programme' | 'feed' | 'entry';
  /** Why there is none; null where there is one. */
  readonly why: string | null;
  readonly atMs: number;
}

/** All that is known of where a node runs. */
export interface PlaceWords {
  readonly heard: { readonly place: Place; readonly atMs: number } | null;
  readonly lookedUp: LookedUp | null;
  readonly declared: DeclaredPlace | undefined;
}

type PlaceKey = (typeof PLACE_KEYS)[number];
type Part = Readonly<Partial<Record<PlaceKey, string | undefined>>>;

interface Word {
  readonly part: Part;
  readonly atMs: number | null;
  readonly isLookedUp: boolean;
  /** Nobody but the operator says it, or the address that it was looked up by. */
  readonly isDeclared: boolean;
}

/** The place that a telemetry server gave; null for one that cannot be on earth. */
export function placeOfLocated({ latitude, longitude, city }: Located): Place | null {
  if (!(Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180)) return null;
  return { city: city.toWellFormed(), region: '', country: '', provider: '', latitude, longitude };
}

/**
 * Where a node runs, part by part. First what was looked up by an address that the programme or a telemetry feed gives, then what a feed
 * located, then what was looked up by the address that the entry declares, then what the entry says. The last two are marked as declared.
 */
export function placeOf(all: PlaceWords): Fact<Place | null> {
  const { heard, lookedUp } = all;
  const words = wordsOf(all);
  const chosen = PLACE_KEYS.flatMap((key) => {
    const word = words.find(({ part }) => (part[key] ?? '') !== '');
    return word === undefined ? [] : [{ key, word }];
  });
  if (heard === null && chosen.length === 0) return unknown(whyNone(lookedUp), 'places');
  const said = keysOf(chosen, ({ isDeclared }) => isDeclared);
  const found = keysOf(chosen, ({ isLookedUp }) => isLookedUp);
  const part = (key: PlaceKey) => chosen.find((one) => one.key === key)?.word.part[key] ?? '';
  const { latitude, longitude } = heard?.place ?? {};
  const { asn, kind } = found.length === 0 ? {} : (lookedUp?.place ?? {});
  const momentsMs = [
    ...chosen.flatMap(({ word: { atMs } }) => (atMs === null ? [] : [atMs])),
    ...(latitude === undefined || heard === null ? [] : [heard.atMs]),
  ];
  return known(
    {
      ...{ city: part('city'), region: part('region'), country: part('country'), provider: part('provider') },
      ...(latitude === undefined ? {} : { latitude }),
      ...(longitude === undefined ? {} : { longitude }),
      ...(said.length === 0 ? {} : { declared: said }),
      ...(found.length === 0 ? {} : { lookedUp: found }),
      ...(asn === undefined ? {} : { asn }),
      ...(kind === undefined ? {} : { kind }),
      ...(momentsMs.length === 0 ? {} : { atMs: Math.min(...momentsMs) }),
    },
    momentsMs.length === 0 ? 'programme' : 'places',
  );
}

function keysOf(
  chosen: readonly { readonly key: PlaceKey; readonly word: Word }[],
  is: (word: Word) => boolean,
) {
  return chosen.filter(({ word }) => is(word)).map(({ key }) => key);
}

/** In the order in which they count. */
function wordsOf({ heard, lookedUp, declared }: PlaceWords): readonly Word[] {
  const located: Word[] =
    heard === null ? [] : [{ part: heard.place, atMs: heard.atMs, isLookedUp: false, isDeclared: false }];
  const entry: Word = { part: declared ?? {}, atMs: null, isLookedUp: false, isDeclared: true };
  if (lookedUp === null || lookedUp.place === null) return [...located, entry];
  const isDeclared = lookedUp.by === 'entry';
  const found: Word = { part: lookedUp.place, atMs: lookedUp.atMs, isLookedUp: true, isDeclared };
  return isDeclared ? [...located, found, entry] : [found, ...located, entry];
}

function whyNone(lookedUp: LookedUp | null): string {
  const why = lookedUp?.why == null ? '' : `; ${lookedUp.why}`;
  return `no telemetry server has located its node, and its entry declares no place${why}`;
}

/** A part of a place, for people: `not known`, or with a mark where only the operator says it. */
export function shownPart(place: Place | null, key: PlaceKey): string {
  const text = place?.[key] ?? '';
  if (text === '') return 'not known';
  return place?.declared?.includes(key) === true ? `${text} (declared)` : text;
}

/** What a place shows, with the age of this very place. */
export function placeEvidence(
  snapshot: Snapshot,
  name: string,
  place: Fact<Place | null>,
  show: (value: Place | null) => string,
): Evidence {
  const evidence = evidenceOf(snapshot, name, place, show);
  const atMs = place.known ? place.value?.atMs : undefined;
  return atMs === undefined ? evidence : { ...evidence, ageMs: snapshot.takenAtMs - atMs };
}
