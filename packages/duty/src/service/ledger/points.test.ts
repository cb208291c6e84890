import assert from 'node:assert/strict';
import { hash as digestOf } from 'node:crypto';
import { test } from 'node:test';
import { encodeEntry, entryHash, type LedgerPoint } from '../../rule/index.ts';
import { DamagedEntry } from './faults.ts';
import { advance, fieldsOf, fieldsOfBody, linesOf } from './points.ts';
import { entryOf } from './testing/entries.ts';

const fieldsAt = (over: Parameters<typeof entryOf>[0]) => {
  const entry = entryOf(over);
  return fieldsOf(entry, entryHash(entry));
};

/** The point after all of them, as a ledger computes it. */
function pointAfter(entries: readonly ReturnType<typeof fieldsAt>[]): LedgerPoint {
  let point: LedgerPoint | null = null;
  const epochs = new Set<string>();
  for (const entry of entries) {
    point = advance(point, entry, epochs.has(entry.epoch));
    epochs.add(entry.epoch);
  }
  return point ?? assert.fail('no entries');
}

test('the first entry is the point, with its own unit as top', () => {
  const first = fieldsAt({ seq: 4n, unit: [7n], parts: ['enter', 'prevote'], nonce: 'x' });
  const { epoch, hash } = first;
  const point = { epoch, seq: 4n, hash, unit: [7n], part: 'enter', nonce: 'x', top: [7n] };
  assert.deepEqual(pointAfter([first]), point);
});

test('an adoption counts with its floor, and has no part', () => {
  const adoption = { kind: 'adopt' as const, parts: [], owner: null };
  const empty = pointAfter([fieldsAt({ seq: 1n, unit: null, ...adoption })]);
  assert.deepEqual([empty.unit, empty.part, empty.top], [null, null, null]);
  const adopted = pointAfter([
    fieldsAt({ seq: 1n, unit: [3n] }),
    fieldsAt({ seq: 2n, unit: [50n], ...adoption }),
  ]);
  assert.deepEqual([adopted.unit, adopted.part, adopted.top], [[50n], null, [50n]]);
});

test('an entry that changes no point leaves the same object, so no head is written', () => {
  const point = pointAfter([fieldsAt({ seq: 5n, unit: [5n] })]);
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
