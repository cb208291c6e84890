import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeEntry, entryHash, type LedgerEntry } from './index.ts';
import { adopted, dutyNamed } from './testing/samples.ts';

const entry = adopted(dutyNamed('babe')).last;

test('an entry with a number that JSON cannot hold exactly is neither written nor hashed', () => {
  const wrong: readonly Partial<LedgerEntry>[] = [
    { atMs: 0.5 },
    { atMs: 2 ** 53 },
    { atMs: Number.NaN },
    { window: 1.5 },
    { window: 2 ** 53 },
  ];
  for (const change of wrong) {
    const fault = { name: 'RangeError', message: 'only safe integers have a canonical text' };
    assert.throws(() => encodeEntry({ ...entry, ...change }), fault, JSON.stringify(change));
    assert.throws(() => entryHash({ ...entry, ...change }), fault, JSON.stringify(change));
  }
});
