import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { systemClock } from '@watchbill/base';
import { choosePages, limitLog } from './pages.ts';
import { openSqliteStore } from './sqlite-store.ts';
import { place } from './testing/places.ts';

const CLOCK = systemClock();

/** Page size, and the bytes of the log at which SQLite copies it into the file. */
function limitsOf(t: TestContext, path: string) {
  const db = new DatabaseSync(path);
  t.after(() => db.close());
  choosePages(db);
  db.exec('PRAGMA journal_mode = WAL');
  limitLog(db);
  const pageBytes = Number(db.prepare('PRAGMA page_size').get()?.page_size);
  return {
    pageBytes,
    logBytes: pageBytes * Number(Object.values(db.prepare('PRAGMA wal_autocheckpoint').get() ?? {})[0]),
  };
}

test('the log of a file with small pages is copied at the same size as that of one with large pages', (t) => {
  assert.deepEqual(limitsOf(t, place(t).path), { pageBytes: 2_048, logBytes: 33_554_432 });
  const { path } = place(t);
  const old = new DatabaseSync(path);
  old.exec('PRAGMA page_size = 4096; CREATE TABLE records (key TEXT)');
  old.close();
  assert.deepEqual(limitsOf(t, path), { pageBytes: 4_096, logBytes: 33_554_432 });
});

test('a store whose file has the pages of an earlier release keeps its records and its pages', async (t) => {
  const { path } = place(t);
  const writes = [{ key: 'a', value: Buffer.from('1') }];
  const first = await openSqliteStore({ path, clock: CLOCK });
  await first.transact([{ compares: [], writes }]);
  await first.close();
  const raw = new DatabaseSync(path);
  assert.equal(raw.prepare('PRAGMA page_size').get()?.page_size, 2_048);
  raw.exec('PRAGMA journal_mode = DELETE; PRAGMA page_size = 4096; VACUUM');
  raw.close();
  const bytes = statSync(path).size;

  const again = await openSqliteStore({ path, clock: CLOCK });
  assert.deepEqual(await again.read(['a']), [new Uint8Array(Buffer.from('1'))]);
  await again.close();
  assert.equal(statSync(path).size, bytes);
});
