import assert from 'node:assert/strict';
import { hash as digestOf } from 'node:crypto';
import { test } from 'node:test';
import { encodeEntry, entryHash } from '../../rule/index.ts';
import { DamagedEntry } from './faults.ts';
import { advance, fieldsOf, fieldsOfBody, linesOf } from './points.ts';
import { entryOf, fieldsAt } from './testing/entries.ts';

test('an entry that changes no point leaves the same object, so no head is written', () => {
  const point = advance(null, fieldsAt({ seq: 5n, unit: [5n] }), false);
  assert.equal(advance(point, fieldsAt({ seq: 4n, unit: [4n] }), true), point);
  assert.notEqual(advance(point, fieldsAt({ seq: 4n, unit: [6n] }), true), point);
});

test('a body on disk gives the fields that were written, for units of one field and of two', () => {
  for (const unit of [[7n], [12n, 345n], [2n ** 64n - 1n], null]) {
    const entry = entryOf({ seq: 9n, unit, digest: unit === null ? null : 'ab'.repeat(36) });
    assert.deepEqual(fieldsOfBody(encodeEntry(entry), entryHash(entry)), fieldsOf(entry, entryHash(entry)));
  }
});

test('a body that changed, or lacks a field, is damage', () => {
  const entry = entryOf({ seq: 9n });
  const body = encodeEntry(entry);
  assert.throws(() => fieldsOfBody(body.replace('"9"', '"8"'), entryHash(entry)), DamagedEntry);
  const text = '{"epoch":"e","seq":"1"}';
  assert.throws(() => fieldsOfBody(text, digestOf('sha256', text)), /lacks unit/);
});

test('each part of an entry is a line, and only a signed part has the digest', () => {
  const entry = fieldsAt({ seq: 1n, parts: ['enter', 'prevote'], digest: 'aa', nonce: 'n', service: 's' });
  assert.deepEqual(linesOf([entry]), [
    { part: 'enter', digest: null, nonce: 'n', service: 's' },
    { part: 'prevote', digest: 'aa', nonce: 'n', service: 's' },
  ]);
});
