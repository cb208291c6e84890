import { type DeclaredPlace, PLACE_KEYS } from '../candidates/candidate.ts';
import { type Evidence, type Fact, known, unknown } from '../facts/fact.ts';
import type { FoundPlace } from '../places/port.ts';
import { evidenceOf } from './evidence.ts';
import type { Place } from './record-shapes.ts';
import type { Snapshot } from './snapshot.ts';

/**
 * The place of a node according to a telemetry server, which looked up the address from which the node
 * reports.
 */
export interface Located {
  readonly latitude: number;
  readonly longitude: number;
  readonly city: string;
}

/** The result of looking up an address. The address itself is not kept. */
export interface LookedUp {
  /** The last place found; null if none was found yet. */
  readonly place: FoundPlace | null;
  /** The origin of the address: the programme, a telemetry feed, or the candidate's entry. */
  readonly by: 'programme' | 'feed' | 'entry';
  /** Why there is no place; null if there is one. */
  readonly why: string | null;
  readonly atMs: number;
}

/** All data about the place of a node. */
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
  /** Only the operator stated it, or stated the address that was looked up. */
  readonly isDeclared: boolean;
}

/** The place from a telemetry server; null for impossible coordinates. */
export function placeOfLocated({ latitude, longitude, city }: Located): Place | null {
  if (!(Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180)) return null;
  const nowhere = { city: city.toWellFormed(), region: '', country: '', provider: '' };
  // Servers write -0.0, which no snapshot can hold.
  return { ...nowhere, latitude: latitude + 0, longitude: longitude + 0 };
}

/**
 * The place of a node, part by part. In order of precedence: the lookup of an address from the programme or a
 * telemetry feed, the location from a feed, the lookup of the declared address, the declared place. The last
 * two are marked as declared.
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

/** In order of precedence. */
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

/** A part of a place, for display: `not known`, or with a mark if only the operator stated it. */
export function shownPart(place: Place | null, key: PlaceKey): string {
  const text = place?.[key] ?? '';
  if (text === '') return 'not known';
  return place?.declared?.includes(key) === true ? `${text} (declared)` : text;
}

/** The evidence for a place, with its own age. */
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
