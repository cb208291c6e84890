import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { canonicalJson, digestOf } from './canonical.ts';

test('keys are sorted, without indentation, and money is text', () => {
  assert.equal(
    canonicalJson({ b: [1.5, null, true], a: { z: 10n ** 30n, y: 'ü\n' }, c: undefined }),
    '{"a":{"y":"ü\\n","z":"1000000000000000000000000000000"},"b":[1.5,null,true]}',
  );
});

test('the digest is that of the text, whatever order the keys were written in', () => {
  assert.equal(digestOf({}), '44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a');
  assert.equal(digestOf({ a: 1, b: 2 }), digestOf({ b: 2, a: 1 }));
});

test('what has no single text is refused', () => {
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY, -0, undefined, () => 1, [undefined]]) {
    assert.throws(() => canonicalJson(value), TypeError);
  }
  for (const value of [new Map(), new Date(0), '\ud800', { '\udc00': 1 }]) {
    assert.throws(() => canonicalJson(value), TypeError);
  }
});

test('what JSON can hold reads back the same, and encodes to the same text again', () => {
  fc.assert(
    fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
      const plain: unknown = JSON.parse(JSON.stringify(value));
      const text = canonicalJson(plain);
      assert.deepEqual(JSON.parse(text), plain);
      assert.equal(canonicalJson(JSON.parse(text)), text);
    }),
  );
});
