import assert from 'node:assert/strict';
import { chmodSync, existsSync, linkSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, test } from 'node:test';
import { systemClock } from '@watchbill/kit';
import { createVirtualClock } from '@watchbill/kit/testing';
import { type Store, StoreFault } from '../port.ts';
import { openDatabase, useLog } from './database.ts';
import { openRecordTable, RECORD_LAYOUT } from './record-table.ts';
import { openSqliteStore } from './sqlite-store.ts';
import { noSmallDisk, place, smallDisk } from './testing/places.ts';

function open(path: string): Promise<Store> {
  return openSqliteStore({ path, clock: systemClock() });
}

async function put(store: Store, key: string, value: string): Promise<void> {
  const writes = [{ key, value: Buffer.from(value) }];
  assert.deepEqual(await store.transact([{ compares: [], writes }]), [{ outcome: 'applied' }]);
}

async function read(store: Store, key: string): Promise<string | null> {
  const [value] = await store.read([key]);
  return value === null || value === undefined ? null : Buffer.from(value).toString();
}

/** Throws unless opening is a fault of this code that names the file and says what to do. */
async function refusesToOpen(path: string, code: string): Promise<StoreFault> {
  const fault = await open(path).then(
    async (store) => {
      await store.close();
      return null;
    },
    (error: unknown) => error,
  );
  assert.ok(fault instanceof StoreFault, `expected a StoreFault ${code}, got ${fault}`);
  assert.equal(fault.code, code, fault.message);
  assert.ok(fault.message.includes(path));
  assert.notEqual(fault.remedy, '');
  return fault;
}

describe('what is not a store of this release', () => {
  test('another version of the schema, or the tables of another program, is refused and left as it is', async (t) => {
    for (const sql of ['PRAGMA user_version = 2', 'CREATE TABLE theirs (id)', 'PRAGMA user_version = -1']) {
      const where = place(t);
      const db = new DatabaseSync(where.path);
      db.exec(sql);
      db.close();
      await refusesToOpen(where.path, 'damaged');
      const after = new DatabaseSync(where.path);
      assert.equal(after.prepare('PRAGMA journal_mode').get()?.journal_mode, 'delete');
      after.close();
    }
  });

  test('a file that is not a database is refused', async (t) => {
    const where = place(t);
    writeFileSync(where.path, 'x'.repeat(5_000));
    await refusesToOpen(where.path, 'damaged');
  });

  test('a directory that does not exist is a clear fault, and no file is made', async (t) => {
    const where = place(t);
    const fault = await refusesToOpen(join(where.directory, 'none', 'store.db'), 'full');
    assert.match(fault.message, /cannot be written: the file or its folder does not exist$/);
    assert.ok(!existsSync(join(where.directory, 'none')));
  });
});

describe('files', () => {
  test('with a record longer than any that is written are damaged, and give the other records', async (t) => {
    const where = place(t);
    const store = await open(where.path);
    for (const key of ['a', 'b']) await put(store, key, '1');
    await store.close();
    const db = new DatabaseSync(where.path);
    db.exec("UPDATE records SET value = zeroblob(17000000) WHERE key = 'b'");
    db.close();
    const again = await open(where.path);
    assert.equal(await read(again, 'a'), '1');
    const damaged = { code: 'damaged', message: /store.db: .* a record is longer/, remedy: /recover/ };
    for (const reading of [read(again, 'b'), again.list('')]) await assert.rejects(reading, damaged);
    await again.close();
  });

  test('without a write-ahead log are refused', (t) => {
    const db = new DatabaseSync(':memory:');
    t.after(() => db.close());
    const fault = { name: 'StoreFault', message: /journal mode memory/, remedy: /local file system/ };
    assert.throws(() => useLog(db, 'here'), fault);
  });

  test('are for their owner alone, and lie where the path says, whatever its name', async (t) => {
    const where = place(t);
    const before = process.cwd();
    t.after(() => process.chdir(before));
    process.chdir(where.directory);
    for (const name of ['store.db', ':memory:', 'file:x?mode=memory']) {
      const store = await open(name);
      await put(store, 'a', '1');
      for (const file of [name, `${name}-wal`]) {
        assert.equal(statSync(join(where.directory, file)).mode & 0o777, 0o600, file);
      }
      await store.close();
    }
  });

  test('with a second name are refused: beside it is no log, so what the log holds would be lost', async (t) => {
    const where = place(t);
    const store = await open(where.path);
    await put(store, 'a', '1');
    const other = join(where.directory, 'other.db');
    linkSync(where.path, other);
    for (const path of [where.path, other])
      assert.match((await refusesToOpen(path, 'unavailable')).message, /has 2 names/);
    rmSync(other);
    await refusesToOpen(where.path, 'locked');
    await store.close();
  });

  test('that are read-only are refused, and opened with all records once they can be written', async (t) => {
    if (noSmallDisk !== null && process.getuid?.() === 0) return t.skip(noSmallDisk);
    const disk = noSmallDisk === null ? smallDisk(t) : null;
    const where = disk ?? place(t);
    const setReadOnly = (readOnly: boolean) => {
      if (disk !== null) return disk.setReadOnly(readOnly);
      chmodSync(where.path, readOnly ? 0o400 : 0o600);
      chmodSync(where.directory, readOnly ? 0o500 : 0o700);
    };
    const store = await open(where.path);
    await put(store, 'a', '1');
    await store.close();
    setReadOnly(true);
    await refusesToOpen(where.path, 'full');
    setReadOnly(false);
    const again = await open(where.path);
    assert.equal(await read(again, 'a'), '1');
    await again.close();
  });

  test('on a disk that is full from the start are refused, and made once there is room', async (t) => {
    if (noSmallDisk !== null) return t.skip(noSmallDisk);
    const disk = smallDisk(t);
    disk.fill();
    await refusesToOpen(disk.path, 'full');
    disk.free();
    const store = await open(disk.path);
    await put(store, 'a', '1');
    await store.close();
  });
});

describe('leases', () => {
  test('end with the process that holds the file, and their records leave with the next write', async (t) => {
    const where = place(t);
    const clock = createVirtualClock();
    const first = await openSqliteStore({ path: where.path, clock });
    const lease = await first.grantLease(1_000);
    const writes = [{ key: 'leased', value: Buffer.from('x'), lease: lease.id }];
    await first.transact([{ compares: [], writes }]);
    await first.close();
    const second = await openSqliteStore({ path: where.path, clock });
    assert.equal(await read(second, 'leased'), null);
    assert.deepEqual((await second.list('')).records, []);
    assert.equal(await second.keepLeaseAlive(lease.id), 'expired');
    await assert.rejects(second.transact([{ compares: [], writes }]), { code: 'refused' });
    await put(second, 'a', '1');
    await second.close();
    const file = openDatabase(where.path, RECORD_LAYOUT);
    assert.equal(openRecordTable(file.db).get('leased'), null);
    file.close();
  });

  test('are over at their deadline also while the disk takes no writes', async (t) => {
    const where = place(t);
    const clock = createVirtualClock();
    let full = false;
    const aroundCommit = (commit: () => void) => {
      if (full) throw Object.assign(new Error('full'), { errcode: 13 });
      commit();
    };
    const store = await openSqliteStore({ path: where.path, clock, aroundCommit });
    const lease = await store.grantLease(1_000);
    const writes = [{ key: 'leased', value: Buffer.from('x'), lease: lease.id }];
    await store.transact([{ compares: [], writes }]);
    const gone: string[] = [];
    const watch = store.watch('', { onChange: ({ key }) => gone.push(key), onResync: () => {} });
    await watch.ready;
    full = true;
    await clock.advance(1_000);
    assert.equal(await read(store, 'leased'), null);
    assert.deepEqual((await store.list('')).records, []);
    assert.equal(await store.keepLeaseAlive(lease.id), 'expired');
    assert.deepEqual(gone, []);
    full = false;
    await clock.advance(1_000);
    await clock.advance(0);
    assert.deepEqual(gone, ['leased'], 'the removal is tried again by itself');
    await store.close();
  });

  test('that are over do not come back when the file is opened again after a doubtful commit', async (t) => {
    const where = place(t);
    const clock = createVirtualClock();
    let doubtful = false;
    const aroundCommit = (commit: () => void) => {
      if (doubtful) throw Object.assign(new Error('fsync'), { errcode: 1034 });
      commit();
    };
    const store = await openSqliteStore({ path: where.path, clock, aroundCommit });
    const over = await store.grantLease(1_000);
    const alive = await store.grantLease(2_000);
    for (const { id } of [over, alive]) {
      const writes = [{ key: id, value: Buffer.from('x'), lease: id }];
      await store.transact([{ compares: [], writes }]);
    }
    doubtful = true;
    await clock.advance(1_500);
    assert.deepEqual([await read(store, over.id), await read(store, alive.id)], [null, 'x']);
    assert.equal(await store.keepLeaseAlive(over.id), 'expired');
    doubtful = false;
    await clock.advance(500);
    assert.equal(await read(store, alive.id), null, 'opening again does not lengthen a lease');
    await store.close();
  });
});

test('a file has small pages, and its log is copied into it at 32 MiB', (t) => {
  const database = openDatabase(place(t).path, RECORD_LAYOUT);
  t.after(database.close);
  const setting = (pragma: string) => Object.values(database.db.prepare(`PRAGMA ${pragma}`).get() ?? {})[0];
  assert.equal(setting('page_size'), 2_048);
  assert.equal(Number(setting('wal_autocheckpoint')) * 2_048, 33_554_432);
});
