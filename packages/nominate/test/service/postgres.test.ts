import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openProgrammeStore, StorageFault } from '@watchbill/nominate/storage';
import { keyOf, STORE_CASES } from '@watchbill/nominate/testing';
import { type PostgresServer, startPostgres } from '@watchbill/testkit/postgres-server';
import pg from 'pg';
import { untilFits } from '../service-process.ts';

let server: PostgresServer;
before(async () => {
  server = await startPostgres();
});
after(() => server.stop());

describe('a store in PostgreSQL', () => {
  for (const { title, run } of STORE_CASES)
    test(title, async () => {
      const clock = { nowMs: 1_000 };
      const store = await openProgrammeStore({ url: server.newDatabase() }, () => clock.nowMs);
      try {
        await run({ store, clock });
      } finally {
        await store.close();
      }
    });

  test('ten that start at once make the tables once', async () => {
    const url = server.newDatabase();
    const stores = await Promise.all(Array.from({ length: 10 }, () => openProgrammeStore({ url }, () => 1)));
    await Promise.all(stores.map((store, n) => store.notes.put('same', String(n))));
    assert.match((await stores[0]?.notes.get('same')) ?? '', /^\d$/);
    for (const store of stores) await store.close();
  });

  test('two processes: each fault and each intent is there once, and no revision is lost', async () => {
    const url = server.newDatabase();
    const script = new URL('../../src/storage/testing/fake-writer.ts', import.meta.url);
    const writers = [1, 2].map(() => fork(fileURLToPath(script), [url]));
    const ends = await Promise.all(writers.map((writer) => once(writer, 'exit')));
    assert.deepEqual(
      ends.map(([code]) => code),
      [0, 0],
    );
    const store = await openProgrammeStore({ url }, () => 1);
    assert.equal((await store.history.faults({ limit: 1, after: null })).total, 40);
    assert.equal((await store.intents.open())[0]?.revision, 40);
    await store.close();
  });

  test('defect 30: tables of another program, and of a newer release, are refused', async () => {
    const [foreign, newer] = [server.newDatabase(), server.newDatabase()];
    await statement(foreign, 'create table a (b int)');
    await (await openProgrammeStore({ url: newer }, () => 1)).close();
    await statement(newer, "insert into kysely_migration values ('9999-later', '2030-01-01T00:00:00.000Z')");
    for (const url of [foreign, newer])
      await assert.rejects(
        openProgrammeStore({ url }, () => 1),
        { code: 'schema' },
      );
  });

  test('a wrong password, a wrong user and no such database are refused, and none is repeated', async () => {
    const url = new URL(server.newDatabase());
    const secret = 'hunter2';
    for (const change of [
      { password: secret },
      { username: 'nobody', password: secret },
      { pathname: '/none' },
    ]) {
      const wrong = Object.assign(new URL(url), change);
      const fault = await openProgrammeStore({ url: String(wrong) }, () => 1).catch(
        (error: unknown) => error,
      );
      assert.ok(fault instanceof StorageFault && fault.code === 'refused', String(fault));
      const told = `${fault.message} ${fault.remedy} ${fault.stack} ${String(fault.cause)}`;
      assert.ok(!told.includes(secret) && !told.includes(url.password) && !told.includes(url.host), told);
    }
  });

  test('a connection that is lost is a fault, half of nothing stays, and the next call has a new one', async () => {
    const url = server.newDatabase();
    const store = await openProgrammeStore({ url, limits: { answerTimeoutMs: 60_000 } }, () => 1);
    await store.notes.put('n', 'before');
    const fault = { kind: 'offline' as const, atMs: 1, reason: 'x', evidence: [] };
    const faults = Array.from({ length: 2_000 }, (_, era) => ({ ...fault, era }));
    // Somebody else has the last of them under way: most are written, and the end has to wait.
    const other = await holding(url, faults.at(-1)?.era ?? 0);
    const under = store.history.addFaults(keyOf(1), faults).catch((error: unknown) => error);
    await untilFits(other.isWaitedFor, (isSo) => isSo);
    await server.kill();
    const ended = await under;
    assert.ok(ended instanceof StorageFault && ended.code === 'unavailable', String(ended));
    await assert.rejects(store.ping(), { code: 'unavailable' });
    await server.start();
    assert.equal(await store.notes.get('n'), 'before');
    assert.equal((await store.history.faults({ limit: 1, after: null })).total, 0);
    await store.close();
  });
});

/** A transaction that stays open, with a fault of this era in it. */
async function holding(url: string, era: number) {
  const client = new pg.Client({ connectionString: url });
  // It ends with the server.
  client.on('error', () => undefined);
  await client.connect();
  await client.query('begin');
  const digest = createHash('sha256').update('x').digest('hex');
  await client.query(
    'insert into faults (stash_key, kind, era, reason, reason_digest, at_ms, evidence) values ($1, $2, $3, $4, $5, $6, $7)',
    [keyOf(1), 'offline', era, 'x', digest, 1, '[]'],
  );
  const isWaitedFor = async (): Promise<boolean> =>
    (await client.query('select 1 from pg_locks where not granted')).rows.length > 0;
  return { isWaitedFor };
}

async function statement(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(sql);
  await client.end();
}
