import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from '@watchbill/kit/testing';
import { Kysely, sql } from 'kysely';
import { keyOf } from '../testing/records.ts';
import { STORE_CASES } from '../testing/storage/cases.ts';
import { storageFault } from './faults.ts';
import { migrate } from './migrate.ts';
import { migrationsFor } from './migrations.ts';
import { openProgrammeStore } from './open.ts';
import { StorageFault } from './port.ts';
import { mark } from './sqlite.ts';
import { nodeSqliteDialect } from './sqlite-dialect.ts';
import type { Tables } from './tables.ts';

const FOLDER = temporaryFolder();
const fileOf = (name: string) => join(FOLDER, name);

describe('a store in SQLite', () => {
  for (const { title, run } of STORE_CASES)
    test(title, async () => {
      const clock = { nowMs: 1_000 };
      const store = await openProgrammeStore({ file: ':memory:' }, () => clock.nowMs);
      try {
        await run({ store, clock });
      } finally {
        await store.close();
      }
    });

  test('lasts, in a file for this user alone', async () => {
    const first = await openProgrammeStore({ file: fileOf('lasts') }, () => 1);
    await first.notes.put('n', 'kept');
    await first.close();
    assert.equal(statSync(fileOf('lasts')).mode & 0o777, 0o600);
    const again = await openProgrammeStore({ file: fileOf('lasts') }, () => 1);
    assert.equal(await again.notes.get('n'), 'kept');
    await again.ping();
    await again.close();
    await assert.rejects(again.ping(), StorageFault);
  });
});

describe('defect 30: a schema with versions', () => {
  test('files of another program, of a newer release, and damaged ones are refused', async () => {
    new DatabaseSync(fileOf('foreign')).exec('CREATE TABLE a (b)');
    const newer = await openProgrammeStore({ file: fileOf('newer') }, () => 1);
    await newer.close();
    const later = "INSERT INTO kysely_migration VALUES ('9999-later', '2030-01-01T00:00:00.000Z')";
    new DatabaseSync(fileOf('newer')).exec(later);
    writeFileSync(fileOf('none'), 'no database '.repeat(500));
    for (const name of ['foreign', 'newer', 'none'])
      await assert.rejects(
        openProgrammeStore({ file: fileOf(name) }, () => 1),
        { code: 'schema' },
        name,
      );
    await assert.rejects(
      openProgrammeStore({ file: join(FOLDER, 'no', 'folder') }, () => 1),
      StorageFault,
    );
  });

  test('a change of the tables is done whole or not at all', async () => {
    const raw = new DatabaseSync(':memory:');
    const db = new Kysely<Tables>({ dialect: nodeSqliteDialect(raw) });
    await migrate(db, 'sqlite');
    const more = (times: number) => ({
      ...migrationsFor('sqlite'),
      '0999-more': {
        up: async (tx: Kysely<unknown>) => {
          for (let time = 0; time < times; time += 1) await sql`create table more (a)`.execute(tx);
        },
      },
    });
    await assert.rejects(migrate(db, 'sqlite', more(2)));
    const tables = () => raw.prepare("SELECT name FROM sqlite_schema WHERE name = 'more'").all().length;
    assert.equal(tables(), 0);
    await migrate(db, 'sqlite', more(1));
    await migrate(db, 'sqlite', more(1));
    assert.equal(tables(), 1);
    await db.destroy();
  });
});

test('a lease from before the clock was set back holds up no job', async () => {
  let nowMs = 7_200_000;
  const store = await openProgrammeStore({ file: ':memory:' }, () => nowMs);
  const { take } = store.leases;
  assert.equal(await take('job a', 'one', 30_000), true);
  nowMs -= 60_000;
  assert.equal(await take('job a', 'two', 30_000), false, 'the clocks of two machines differ by so much');
  nowMs = 3_600_000;
  assert.equal(await take('job a', 'two', 30_000), true);
  assert.equal(await take('job a', 'one', 30_000), false);
  await store.close();
});

describe('two processes on one file', () => {
  test('each fault and each intent is there once, and no revision is lost', async () => {
    const file = fileOf('shared');
    const script = fileURLToPath(new URL('./testing/fake-writer.ts', import.meta.url));
    const writers = [1, 2].map(() => fork(script, [file], { execArgv: [] }));
    const ends = await Promise.all(writers.map((writer) => once(writer, 'exit')));
    assert.deepEqual(
      ends.map(([code]) => code),
      [0, 0],
    );
    const store = await openProgrammeStore({ file }, () => 1);
    assert.equal((await store.history.faults({ limit: 1, after: null })).total, 40);
    const [intent] = await store.intents.open();
    assert.equal(intent?.revision, 40);
    assert.equal((await store.intents.list({ limit: 9 })).length, 1);
    assert.equal((await store.history.of([keyOf(1)])).get(keyOf(1))?.faults.length, 40);
    await store.close();
  });

  test('a new file that another process initialises at the same time does not count as a file of another program', async () => {
    const file = fileOf('at-once');
    const raw = new DatabaseSync(file);
    let looks = 0;
    const slow: Pick<DatabaseSync, 'prepare' | 'exec'> = {
      exec: (text) => raw.exec(text),
      prepare: (text) => {
        const statement = raw.prepare(text);
        const row = statement.get();
        looks += 1;
        if (looks === 1) {
          const other = new DatabaseSync(file);
          mark(other);
          other.exec('CREATE TABLE intents (a)');
          other.close();
        }
        return Object.assign(statement, { get: () => row });
      },
    };
    mark(slow);
    assert.equal(looks, 2);
    raw.close();
    new DatabaseSync(fileOf('theirs')).exec('CREATE TABLE a (b)');
    assert.throws(() => mark(new DatabaseSync(fileOf('theirs'))), { code: 'schema' });
  });
});

describe('faults', () => {
  test('a full disk: the open transaction is undone, and the store continues when there is room', async () => {
    const raw = new DatabaseSync(fileOf('full'));
    raw.exec('PRAGMA application_id = 1466060399; PRAGMA page_size = 4096');
    raw.close();
    const store = await openProgrammeStore({ file: fileOf('full') }, () => 1);
    const other = new DatabaseSync(fileOf('full'));
    const pages = Number(other.prepare('PRAGMA page_count').get()?.page_count);
    other.close();
    await store.close();
    const small = new DatabaseSync(fileOf('full'));
    small.exec(`PRAGMA max_page_count = ${pages + 4}`);
    const db = new Kysely<Tables>({ dialect: nodeSqliteDialect(small) });
    const { storeOf } = await import('./open.ts');
    const limited = storeOf({ kind: 'sqlite', db, nowMs: () => 1 });
    await assert.rejects(limited.notes.put('n', 'x'.repeat(100_000)), {
      code: 'refused',
      message: /the disk is full/,
    });
    const faults = Array.from({ length: 900 }, (_, era) => ({
      kind: 'offline' as const,
      era,
      atMs: 1,
      reason: 'x'.repeat(100),
      evidence: [],
    }));
    await assert.rejects(limited.history.addFaults(keyOf(1), faults), { code: 'refused' });
    assert.equal((await limited.history.faults({ limit: 1, after: null })).total, 0, 'half of it was stored');
    small.exec('PRAGMA max_page_count = 100000');
    assert.equal(await limited.history.addFaults(keyOf(1), faults), 900);
    await limited.close();
  });

  test('no fault repeats an address or a password', async () => {
    const url = 'postgresql://user:hunter2@127.0.0.1:1/db';
    const failed = await openProgrammeStore({ url }, () => 1).catch((error: unknown) => error);
    assert.ok(failed instanceof StorageFault && failed.code === 'unavailable');
    const wrong = await openProgrammeStore({ url: 'hunter2@nowhere' }, () => 1).catch(
      (error: unknown) => error,
    );
    assert.ok(wrong instanceof StorageFault && wrong.code === 'refused');
    const made = storageFault(new Error(`cannot parse ${url} password=hunter2`));
    for (const { message, remedy, stack, cause } of [failed, wrong, made])
      assert.doesNotMatch(`${message} ${remedy} ${stack} ${String(cause)}`, /hunter2|127\.0\.0\.1/);
  });
});
