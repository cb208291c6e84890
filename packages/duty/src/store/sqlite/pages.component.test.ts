import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { choosePages, limitLog } from './pages.ts';
import { place } from './testing/places.ts';

test('a file has small pages, and its log is copied into it at 32 MiB', (t) => {
  const db = new DatabaseSync(place(t).path);
  t.after(() => db.close());
  choosePages(db);
  db.exec('PRAGMA journal_mode = WAL');
  limitLog(db);
  const setting = (pragma: string) => Object.values(db.prepare(`PRAGMA ${pragma}`).get() ?? {})[0];
  assert.equal(setting('page_size'), 2_048);
  assert.equal(Number(setting('wal_autocheckpoint')) * 2_048, 33_554_432);
});
