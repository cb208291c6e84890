import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { canonicalJson } from './index.ts';

/** JSON values with safe integers only. */
const { value: jsonValue } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(null, true, false),
    fc.maxSafeInteger(),
    fc.string({ unit: 'binary' }),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.string(), tie('value'), { maxKeys: 4, noNullPrototype: true }),
  ),
}));

/** The same value with the keys of every object in the opposite order of insertion. */
function turned(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(turned);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([key, inner]) => [key, turned(inner)]),
  );
}

describe('canonical JSON has one text per value', () => {
  test('the order in which keys were set does not show', () => {
    fc.assert(
      fc.property(jsonValue, (value) => assert.equal(canonicalJson(turned(value)), canonicalJson(value))),
    );
  });

  test('the text reads back as the value, and writing it again changes nothing', () => {
    fc.assert(
      fc.property(jsonValue, (value) => {
        const text = canonicalJson(value);
        assert.equal(canonicalJson(JSON.parse(text)), text);
        assert.equal(JSON.stringify(sorted(JSON.parse(text))), JSON.stringify(sorted(value)));
      }),
    );
  });

  test('different values have different texts', () => {
    fc.assert(
      fc.property(jsonValue, jsonValue, (a, b) => {
        const same = isDeepStrictEqual(JSON.parse(JSON.stringify(a)), JSON.parse(JSON.stringify(b)));
        assert.equal(canonicalJson(a) === canonicalJson(b), same);
      }),
    );
  });

  test('undefined never becomes text: absent as a key, refused everywhere else', () => {
    assert.equal(canonicalJson({ a: undefined, b: 1 }), '{"b":1}');
    assert.throws(() => canonicalJson(undefined), RangeError);
    assert.throws(() => canonicalJson([1, undefined]), RangeError);
    const sparse: unknown[] = [1];
    sparse.length = 3;
    assert.throws(() => canonicalJson(sparse), RangeError);
  });

  test('what JSON cannot hold is refused and not written as an empty object', () => {
    for (const value of [
      1n,
      Symbol('s'),
      () => 1,
      new Date(0),
      new Map([[1, 2]]),
      new Uint8Array(2),
      new Set([1]),
    ])
      assert.throws(() => canonicalJson({ value }), RangeError, String(value));
    assert.equal(canonicalJson(Object.assign(Object.create(null), { a: 1 })), '{"a":1}');
  });

  test('the error says which kind of value it was', () => {
    assert.throws(() => canonicalJson(0.5), { message: 'only safe integers have a canonical text' });
    assert.throws(() => canonicalJson(1n), { message: 'a bigint has no canonical text' });
  });
});

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return Object.is(value, -0) ? 0 : value;
  const entries = Object.entries(value).map(([key, inner]): [string, unknown] => [key, sorted(inner)]);
  return entries.toSorted(([a], [b]) => (a < b ? -1 : 1));
}
