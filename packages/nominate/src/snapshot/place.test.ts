import assert from 'node:assert/strict';
import { test } from 'node:test';
import { placeOf, placeOfLocated, shownPart } from './place.ts';

const LOCATED = placeOfLocated({ latitude: 52.5, longitude: 13.4, city: 'Berlin' });

test('what telemetry located stands before what is declared, and what is only declared is marked', () => {
  const declared = { city: 'Paris', country: 'DE', provider: 'own rack' };
  assert.deepEqual(placeOf(LOCATED, declared), {
    known: true,
    from: 'places',
    value: {
      ...{ city: 'Berlin', region: '', country: 'DE', provider: 'own rack' },
      ...{ latitude: 52.5, longitude: 13.4, declared: ['country', 'provider'] },
    },
  });
});

test('what nobody says is unknown, never a place without a name', () => {
  const nothing = placeOf(null, undefined);
  assert.ok(!nothing.known && /no telemetry server has located/.test(nothing.reason));
  assert.equal(placeOf(null, {}).known, false);
  const located = placeOf(LOCATED, undefined);
  assert.ok(located.known && located.value?.country === '' && located.value.declared === undefined);
});

test('a declaration alone is a fact of the candidate list', () => {
  const place = placeOf(null, { country: 'DE' });
  assert.ok(place.known && place.from === 'programme');
  assert.deepEqual(place.value?.declared, ['country']);
  assert.equal(shownPart(place.value, 'country'), 'DE (declared)');
  assert.equal(shownPart(place.value, 'provider'), 'not known');
  assert.equal(shownPart(LOCATED, 'city'), 'Berlin');
});

test('a location that is not on earth is none', () => {
  for (const wrong of [{ latitude: 91 }, { longitude: -181 }, { latitude: Number.NaN }])
    assert.equal(placeOfLocated({ latitude: 0, longitude: 0, city: 'x', ...wrong }), null);
});
