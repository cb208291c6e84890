import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canonicalJson } from '@watchbill/kit';
import type { DeclaredPlace } from '../candidates/candidate.ts';
import { foundPlaceShape } from '../places/port.ts';
import { type LookedUp, placeOf, placeOfLocated, shownPart } from './place.ts';

const LOCATED = placeOfLocated({ latitude: 52.5, longitude: 13.4, city: 'Berlin' });
const HEARD = LOCATED === null ? null : { place: LOCATED, atMs: 200 };
const only = (declared?: DeclaredPlace) => placeOf({ heard: null, lookedUp: null, declared });

function found(by: LookedUp['by'], place: object | null): LookedUp {
  const why = place === null ? 'its address is private, and belongs to no place' : null;
  return { by, why, atMs: 100, place: place === null ? null : foundPlaceShape.parse(place) };
}

test('a place from telemetry has precedence over a declared one, and a place that is only declared is marked', () => {
  const declared = { city: 'Paris', country: 'DE', provider: 'own rack' };
  assert.deepEqual(placeOf({ heard: HEARD, lookedUp: null, declared }), {
    known: true,
    from: 'places',
    value: {
      ...{ city: 'Berlin', region: '', country: 'DE', provider: 'own rack' },
      ...{ latitude: 52.5, longitude: 13.4, declared: ['country', 'provider'], atMs: 200 },
    },
  });
});

test('a lookup of an address of the programme or of a feed comes first', () => {
  const place = {
    country: 'fi',
    provider: 'Example Hosting',
    city: 'Helsinki',
    asn: 64_496,
    kind: 'hosting',
  };
  const declared = { country: 'DE', region: 'Uusimaa', provider: 'own rack' };
  for (const by of ['programme', 'feed'] as const)
    assert.deepEqual(placeOf({ heard: HEARD, lookedUp: found(by, place), declared }), {
      known: true,
      from: 'places',
      value: {
        ...{ city: 'Helsinki', region: 'Uusimaa', country: 'FI', provider: 'Example Hosting' },
        ...{ latitude: 52.5, longitude: 13.4, asn: 64_496, kind: 'hosting', atMs: 100 },
        ...{ declared: ['region'], lookedUp: ['city', 'country', 'provider'] },
      },
    });
});

test('an address that only the entry declares proves nothing: its place is marked as declared, and a feed takes precedence', () => {
  const lookedUp = found('entry', { country: 'FI', city: 'Helsinki', provider: 'Example Hosting' });
  const place = placeOf({ heard: HEARD, lookedUp, declared: { country: 'DE' } });
  assert.ok(place.known && place.value !== null);
  const { city, country, declared, lookedUp: keys } = place.value;
  assert.deepEqual([city, country], ['Berlin', 'FI']);
  assert.deepEqual(
    [declared, keys],
    [
      ['country', 'provider'],
      ['country', 'provider'],
    ],
  );
});

test('a missing place is unknown, never a place without a name', () => {
  const nothing = only();
  assert.ok(!nothing.known && /no telemetry server has located/.test(nothing.reason));
  assert.equal(only({}).known, false);
  const located = placeOf({ heard: HEARD, lookedUp: null, declared: undefined });
  assert.ok(located.known && located.value?.country === '' && located.value.declared === undefined);
  const hidden = placeOf({ heard: null, lookedUp: found('feed', null), declared: undefined });
  assert.ok(!hidden.known && /its address is private/.test(hidden.reason));
});

test('a declaration alone is a fact of the candidate list', () => {
  const place = only({ country: 'DE' });
  assert.ok(place.known && place.from === 'programme');
  assert.deepEqual(place.value?.declared, ['country']);
  assert.equal(place.value?.atMs, undefined);
  assert.equal(shownPart(place.value, 'country'), 'DE (declared)');
  assert.equal(shownPart(place.value, 'provider'), 'not known');
  assert.equal(shownPart(LOCATED, 'city'), 'Berlin');
});

test('impossible coordinates give no place', () => {
  for (const wrong of [{ latitude: 91 }, { longitude: -181 }, { latitude: Number.NaN }])
    assert.equal(placeOfLocated({ latitude: 0, longitude: 0, city: 'x', ...wrong }), null);
});

test('a server that writes -0.0 does not make a snapshot impossible', () => {
  const { latitude, longitude } = JSON.parse('{"latitude":-0.0,"longitude":-0.0}') as Record<string, number>;
  const place = placeOfLocated({ latitude: latitude ?? 1, longitude: longitude ?? 1, city: 'x' });
  assert.match(canonicalJson(place), /"latitude":0,"longitude":0/);
});
