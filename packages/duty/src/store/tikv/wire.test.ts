import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { keySpace } from '../shared/key-space.ts';
import { decodeOrdered, encodeOrdered } from './ordered.ts';

const someBytes = fc.uint8Array({ maxLength: 40 });

describe('the memcomparable encoding', () => {
  test('keeps the order of the bytes, and comes back', () => {
    fc.assert(
      fc.property(someBytes, someBytes, (one, other) => {
        assert.deepEqual(decodeOrdered(encodeOrdered(one)), one);
        const order = Math.sign(Buffer.compare(encodeOrdered(one), encodeOrdered(other)));
        assert.equal(order, Math.sign(Buffer.compare(one, other)));
      }),
    );
  });

  test('is not in bytes that end early, go on, or are filled otherwise', () => {
    const sound = encodeOrdered(Buffer.from('abcdefghij'));
    const spoilt = sound.slice();
    spoilt[15] = 1;
    for (const bytes of [sound.slice(0, -1), Uint8Array.of(...sound, 0), spoilt, new Uint8Array(9)]) {
      assert.equal(decodeOrdered(bytes), null);
    }
  });
});

describe('keys', () => {
  const keys = keySpace('/w/');

  test('of records are all in the range of the empty prefix, those of leases are not', () => {
    const { start, end } = keys.range('');
    const within = (key: Uint8Array) => Buffer.compare(start, key) <= 0 && Buffer.compare(key, end) < 0;
    assert.ok([' ', '!', 'a', '\u{10ffff}'].every((name) => within(keys.encode(name))));
    assert.ok(!within(keys.lease('1')));
    const leases = keys.leases();
    assert.ok(
      Buffer.compare(leases.start, keys.lease('1')) < 0 && Buffer.compare(keys.lease('9'), leases.end) < 0,
    );
  });

  test('cannot begin with a prefix of control characters', () => {
    assert.throws(() => keySpace('/w\n/'), { name: 'StoreFault', code: 'refused' });
  });
});
