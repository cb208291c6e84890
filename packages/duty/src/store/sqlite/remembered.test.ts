import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Row, Statements } from './record-table.ts';
import { remembering } from './remembered.ts';

/** Statements over a Map that count the reads of records. */
function fakeStatements() {
  const records = new Map<string, Row>();
  const seen = { reads: 0 };
  const statements: Statements = {
    get: (key) => {
      seen.reads += 1;
      const row = records.get(key);
      return row === undefined ? null : { ...row, value: row.value.slice() };
    },
    from: function* () {
      yield* [...records].map(([key, row]) => ({ key, ...row }));
    },
    put: (key, value, lease) => void records.set(key, { value: value.slice(), lease }),
    remove: (key) => void records.delete(key),
    removeLeased: (id) => {
      const keys = [...records].filter(([, { lease }]) => lease === id).map(([key]) => key);
      for (const key of keys) records.delete(key);
      return keys;
    },
    leases: () => [],
  };
  return { statements, records, seen };
}

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (row: Row | null) => (row === null ? null : new TextDecoder().decode(row.value));

describe('remembered records', () => {
  test('a record that was written or read is compared without a read of the file', () => {
    const { statements, records, seen } = fakeStatements();
    const db = remembering(statements);
    db.put('written', bytes('1'), 'lease');
    assert.deepEqual([text(db.peek('written')), db.peek('written')?.lease, seen.reads], ['1', 'lease', 0]);
    records.set('read', { value: bytes('2'), lease: null });
    assert.deepEqual([text(db.get('read')), text(db.peek('read')), text(db.get('read'))], ['2', '2', '2']);
    assert.equal(seen.reads, 1);
    db.put('written', bytes('3'), null);
    assert.deepEqual([text(db.get('written')), db.peek('written')?.lease], ['3', null]);
  });

  test('a removed record is gone, also one that went with its lease', () => {
    const { statements } = fakeStatements();
    const db = remembering(statements);
    db.put('a', bytes('1'), null);
    db.put('b', bytes('2'), 'lease');
    db.remove('a');
    assert.deepEqual(db.removeLeased('lease'), ['b']);
    assert.deepEqual([db.peek('a'), db.peek('b'), db.get('a'), db.get('b')], [null, null, null, null]);
  });

  test('values are copied in and out', () => {
    const { statements } = fakeStatements();
    const db = remembering(statements);
    const value = bytes('kept');
    db.put('a', value, null);
    value.fill(0);
    assert.equal(text(db.peek('a')), 'kept');
    db.get('a')?.value.fill(0);
    assert.equal(text(db.peek('a')), 'kept');
  });

  test('a transaction that was undone forgets', () => {
    const { statements, records } = fakeStatements();
    const db = remembering(statements);
    db.put('a', bytes('1'), null);
    records.set('a', { value: bytes('0'), lease: null });
    db.undone();
    assert.equal(text(db.peek('a')), '0');
  });

  test('the memory has a bound: it is begun anew, and records are read again', () => {
    const { statements, seen } = fakeStatements();
    const db = remembering(statements);
    for (let index = 0; index < 16_384; index++) db.put(`k${index}`, bytes(`${index}`), null);
    db.peek('k0');
    assert.equal(seen.reads, 0);
    db.put('more', bytes('1'), null);
    assert.equal(text(db.peek('k0')), '0');
    assert.equal(text(db.peek('more')), '1');
    assert.equal(seen.reads, 1);
  });
});
