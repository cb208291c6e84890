import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compareKeys } from './key-order.ts';

test('keys are ordered as their UTF-8 bytes', () => {
  // Separate ranges, so that characters on both sides of U+FFFF meet often.
  const codePoint = fc.oneof(
    fc.integer({ min: 0, max: 0xd7ff }),
    fc.integer({ min: 0xe000, max: 0xffff }),
    fc.integer({ min: 0x10000, max: 0x10ffff }),
  );
  const key = fc.array(codePoint, { maxLength: 6 }).map((points) => String.fromCodePoint(...points));
  fc.assert(
    fc.property(key, key, (a, b) => {
      assert.equal(Math.sign(compareKeys(a, b)), Buffer.compare(Buffer.from(a), Buffer.from(b)));
    }),
  );
  assert.ok(compareKeys('\u{103fe}', '\u{103ff}') < 0, 'the last low surrogate');
  assert.ok(compareKeys('\u{103ff}', '\u{10000}') > 0);
});
