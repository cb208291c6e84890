import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, truncateSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { openDatabase } from './database.ts';
import { LedgerFault } from './port.ts';
import { SCHEMA } from './schema.ts';
import { entryOf, itemOf, ledgerIn, MARK, temporaryDir } from './testing/ground.ts';
import { makeVersion1, type OldMark } from './testing/version-1.ts';
import { commitEnds } from './testing/wal.ts';

const ADOPTION = { kind: 'adopt', parts: [], owner: null, unit: null } as const;

/** A mark with a higher unit below its head, one that recovery moved to a new epoch, one without any unit. */
const MARKS: readonly OldMark[] = [
  {
    entries: [
      entryOf({ seq: 1n, unit: [5n, 99n] }),
      entryOf({ seq: 2n, unit: [5n, 100n] }),
      entryOf({ seq: 3n, unit: [5n, 9n] }),
    ],
    head: 2,
  },
  {
    entries: [
      entryOf({ seq: 7n, unit: [900n], duty: 'aura' }),
      entryOf({ seq: 4n, unit: [40n], duty: 'aura', epoch: 'second' }),
      entryOf({ seq: 8n, unit: [901n], duty: 'aura' }),
    ],
    head: 1,
  },
  { entries: [entryOf({ seq: 1n, duty: 'beefy', ...ADOPTION })], head: 0 },
];

const TOPS = { [MARK]: [5n, 100n], 'chain/key/aura': [40n], 'chain/key/beefy': null };

test('a file of version 1 is upgraded in place, and keeps all that it held', async (t) => {
  const dir = temporaryDir(t);
  makeVersion1(dir, MARKS);
  const ledger = await ledgerIn(t, dir);
  assert.deepEqual([ledger.serviceId, ledger.ledgerId()], ['c0ffee', 'ledger']);
  assert.deepEqual(
    [...ledger.heads()].map(([name, { epoch, seq }]) => [name, epoch, seq]),
    [
      [MARK, 'first', '3'],
      ['chain/key/aura', 'second', '4'],
      ['chain/key/beefy', 'first', '1'],
    ],
  );
  for (const [name, top] of Object.entries(TOPS)) assert.deepEqual(ledger.point(name)?.top, top, name);
  assert.equal(ledger.grantsOf(MARK, [5n, 99n]).length, 1);
  assert.deepEqual(ledger.openWords(), []);
  await ledger.keepWord({ id: 'one', text: '{}' });
  await ledger.append([itemOf(entryOf({ seq: 4n, unit: [5n, 101n] }))]);
  await ledger.close();

  const again = await ledgerIn(t, dir);
  assert.deepEqual([again.point(MARK)?.seq, again.point(MARK)?.top], [4n, [5n, 101n]]);
  assert.equal(again.openWords().length, 1);
});

test('an upgraded file has the tables of a new one', async (t) => {
  const dir = temporaryDir(t);
  makeVersion1(dir, MARKS);
  const columns = (db: DatabaseSync, table: string) =>
    db
      .prepare(`SELECT name, type, "notnull", pk FROM pragma_table_info('${table}')`)
      .all()
      .map((row) => Object.values(row).join(' '));
  const names = (db: DatabaseSync) =>
    db
      .prepare('SELECT type, name FROM sqlite_schema ORDER BY name')
      .all()
      .map((row) => Object.values(row).join(' '));
  const { db: upgraded } = openDatabase(dir);
  const fresh = new DatabaseSync(':memory:');
  t.after(() => upgraded.close());
  t.after(() => fresh.close());
  fresh.exec(SCHEMA);
  assert.deepEqual(names(upgraded), names(fresh));
  for (const table of ['heads', 'entries', 'epochs', 'words', 'identity', 'decisions', 'decisions_search'])
    assert.deepEqual(columns(upgraded, table), columns(fresh, table), table);
  assert.equal(upgraded.prepare('PRAGMA user_version').get()?.user_version, 2);
});

test('a crash anywhere in the upgrade leaves a file of version 1 or of version 2, never one between', async (t) => {
  const dir = temporaryDir(t);
  makeVersion1(dir, MARKS);
  const { db } = openDatabase(dir);
  t.after(() => db.close());
  const log = readFileSync(join(dir, 'ledger.db-wal'));
  const [end = 0] = commitEnds(log).slice(-1);
  const frame = 24 + log.readUInt32BE(8);
  assert.ok(end > 32 + 3 * frame, 'the upgrade writes several pages');
  for (let cut = 32; cut <= end; cut += frame) {
    for (const at of cut < end ? [cut, cut + 24, cut + frame - 1] : [cut]) {
      const copy = copyOf(t, dir);
      truncateSync(join(copy, 'ledger.db-wal'), at);
      assert.equal(versionOf(copyOf(t, copy)), at < end ? 1 : 2, `cut at ${at} of ${end}`);
      const ledger = await ledgerIn(t, copy);
      for (const [name, top] of Object.entries(TOPS)) assert.deepEqual(ledger.point(name)?.top, top, name);
      await ledger.close();
      assert.equal(versionOf(copy), 2);
    }
  }
});

test('an upgrade that meets an unreadable entry changes nothing and says so', async (t) => {
  const dir = temporaryDir(t);
  makeVersion1(dir, MARKS);
  const file = join(dir, 'ledger.db');
  const spoil = new DatabaseSync(file);
  spoil.exec("UPDATE entries SET body = 'x' || body WHERE n = 2");
  spoil.close();
  await assert.rejects(
    ledgerIn(t, dir),
    (error) => error instanceof LedgerFault && /malformed/.test(error.message),
  );
  assert.equal(versionOf(dir), 1);
  const mend = new DatabaseSync(file);
  mend.exec('UPDATE entries SET body = substr(body, 2) WHERE n = 2');
  mend.close();
  assert.deepEqual((await ledgerIn(t, dir)).point(MARK)?.top, [5n, 100n]);
});

/** By another process: a descriptor that this one closed would end the lock of the ledger. */
function copyOf(t: TestContext, dir: string): string {
  const copy = temporaryDir(t);
  mkdirSync(dirname(copy), { recursive: true });
  execFileSync('cp', ['-r', dir, copy]);
  return copy;
}

/** The version that a reader of the file and its log finds; a version has all of its tables or none. */
function versionOf(dir: string): number {
  assert.ok(existsSync(join(dir, 'ledger.db')));
  const db = new DatabaseSync(join(dir, 'ledger.db'));
  const version = Number(db.prepare('PRAGMA user_version').get()?.user_version);
  const words = Number(db.prepare("SELECT count(*) AS n FROM sqlite_schema WHERE name = 'words'").get()?.n);
  const tops = Number(
    db.prepare("SELECT count(*) AS n FROM pragma_table_info('heads') WHERE name = 'top'").get()?.n,
  );
  db.close();
  assert.deepEqual([words, tops], version === 2 ? [1, 1] : [0, 0]);
  return version;
}
